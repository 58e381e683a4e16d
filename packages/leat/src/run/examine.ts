/** `leat doctor`, with the stores of a home. */
import { existsSync } from 'node:fs';
import { parseAddress } from '../client/address.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import { isLeatError, LeatError } from '../errors/index.ts';
import type { Home } from '../home/home.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { metadataExists, openMetadata } from '../metadata/open-metadata.ts';
import { type Examined, type ExamineOptions, examineStores } from './doctor/examine-stores.ts';
import type { Report } from './doctor/finding.ts';
import { findRun } from './find-run.ts';
import { closeStores, dataHere } from './stores.ts';

/** How to look at a home. */
export interface ExamineHomeOptions extends Omit<ExamineOptions, 'only' | 'here' | 'now'> {
  /** A run or a flow: `TrainFlow/417`, `TrainFlow/latest`, `TrainFlow`. All of them unless told. */
  readonly what?: string | undefined;
}

/**
 * Checks what a home holds, however broken it is. Creates nothing.
 *
 * @throws NOT_FOUND when there is no such home or run, USAGE.
 */
export async function examine(home: Home, { what, ...options }: ExamineHomeOptions): Promise<Examined> {
  if (!existsSync(home.folder)) {
    throw new LeatError('NOT_FOUND', `there is nothing at '${home.folder}'`, {
      hint: 'Name the folder with --home or LEAT_HOME, or start in the folder of the project.',
    });
  }
  let before = 0;
  const report: Report = (finding) => {
    before += 1;
    options.report(finding);
  };
  const datastore = await openDatastore(home.datastore);
  const metadata = await openWhatIsThere(home, report);
  try {
    const only = metadata === undefined ? undefined : await onlyOf(metadata, what);
    const examined = await examineStores(
      { metadata, datastore },
      {
        ...options,
        ...(only === undefined ? {} : { only }),
        here: dataHere(home),
      },
    );
    const { findings } = examined;
    return { ...examined, findings: { ...findings, error: findings.error + before } };
  } finally {
    if (metadata === undefined) await datastore.close();
    else await closeStores({ metadata, datastore });
  }
}

/** The metadata, or a finding that says why there are none. */
async function openWhatIsThere(home: Home, report: Report): Promise<MetadataStore | undefined> {
  const meaning = 'Runs cannot be listed, recovered or resumed. The datastore is checked without them.';
  if (!metadataExists(home.metadata)) {
    report({
      level: 'error',
      kind: 'metadata-missing',
      message: `there are no metadata: '${home.metadata}' is gone`,
      meaning,
      repair:
        'Put a copy back. Without one, a new run begins a new list; artifacts and logs stay in the datastore.',
      path: home.metadata,
    });
    return undefined;
  }
  try {
    return await openMetadata(home.metadata);
  } catch (error) {
    if (!isLeatError(error)) throw error;
    report({
      level: 'error',
      kind: 'metadata-unreadable',
      message: error.message,
      meaning,
      ...(error.hint === undefined ? {} : { repair: error.hint }),
      ...(home.shared ? {} : { path: home.metadata }),
    });
    return undefined;
  }
}

async function onlyOf(metadata: MetadataStore, what: string | undefined): Promise<ExamineOptions['only']> {
  if (what === undefined) return undefined;
  const { flow, run } = parseAddress(what);
  if (run === undefined) return { flow };
  return { flow, id: (await findRun(metadata, what, undefined)).id };
}
