import { parseAddress } from '../client/address.ts';
import { LeatError } from '../errors/index.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';

/**
 * The run that is meant: `TrainFlow/417`, or the newest of a flow (`TrainFlow/latest`, `TrainFlow`), in a namespace
 * or in all of them.
 *
 * @throws NOT_FOUND, USAGE
 */
export async function findRun(
  metadata: MetadataStore,
  told: string,
  namespace: string | undefined,
): Promise<RunRecord> {
  const { flow, run: id = 'latest', task } = parseAddress(told);
  if (task !== undefined)
    throw new LeatError('USAGE', `'${told}' names a task, and a run is expected`, {
      hint: `Its run is '${flow}/${id}'.`,
    });
  if (id !== 'latest') {
    const run = await metadata.run(flow, id);
    if (run !== undefined) return run;
    throw new LeatError('NOT_FOUND', `there is no run '${flow}/${id}'`, { hint: `leat list runs ${flow}` });
  }
  const within = namespace === undefined ? {} : { namespace };
  const [newest] = await metadata.runs({ flow, limit: 1, ...within });
  if (newest !== undefined) return newest;
  const where = namespace === undefined ? '' : ` in the namespace '${namespace}'`;
  throw new LeatError('NOT_FOUND', `the flow '${flow}' has no run${where}`, {
    hint: `Name the run: ${flow}/417. leat list runs --namespace '*' shows all.`,
  });
}
