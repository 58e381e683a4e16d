import { isPack, runPrefix } from '../../datastore/keys.ts';
import { tailPack } from '../../datastore/packs/tail-pack.ts';
import { SourceIndex } from '../../datastore/source-index.ts';
import { isLeatError } from '../../errors/index.ts';
import type { RunRecord } from '../../metadata/metadata-store.ts';
import { type Examination, placeOf } from './examination.ts';
import type { Finding } from './finding.ts';

/**
 * Checks what is read by walking through a run's folder, and not by its tasks' results: the lines of packs, which an engine that takes
 * the run up and `leat gc` follow, and the lists of what joins read, which a run needs until it has succeeded.
 *
 * @param isTold whether something of an object was found broken before
 */
export async function checkRunObjects(
  examination: Examination,
  run: RunRecord,
  isTold: (key: string) => boolean,
): Promise<void> {
  const { datastore, report } = examination;
  const address = `${run.flow}/${run.id}`;
  for await (const { key } of datastore.list(runPrefix(run.flow, run.id))) {
    const reason = await faultOf(examination, key, run);
    if (reason === undefined || isTold(key)) continue;
    report({
      ...(isPack(key) ? brokenPack(address) : brokenList(run)),
      message: reason,
      ...placeOf(datastore, key),
      run: address,
    });
  }
}

async function faultOf({ datastore }: Examination, key: string, run: RunRecord): Promise<string | undefined> {
  try {
    if (isPack(key)) {
      for (let from = 0, more = true; more;) ({ next: from, more } = await tailPack(datastore, key, from));
    } else if (key.endsWith('.sources') && run.status !== 'succeeded')
      await SourceIndex.verify(datastore, key);
    return undefined;
  } catch (error) {
    if (!isLeatError(error)) throw error;
    return error.message;
  }
}

const brokenPack = (address: string): Omit<Finding, 'message'> => ({
  level: 'error',
  kind: 'manifest-damaged',
  meaning:
    'Results of it that are named in the metadata can be read. The run cannot be recovered, and leat gc removes nothing while it stays.',
  repair: `leat resume ${address}; then let the damaged run go: leat gc --keep N, or --older-than DAYS`,
});

/** A list is no result: whoever starts its join again writes it again. */
const brokenList = ({ flow, id, status }: RunRecord): Omit<Finding, 'message'> => ({
  level: 'warning',
  kind: 'manifest-damaged',
  meaning:
    'A join that was started with it cannot read its inputs, and fails. Each new start of a join writes the list anew.',
  repair: `leat ${status === 'running' ? 'recover' : 'resume'} ${flow}/${id}`,
});
