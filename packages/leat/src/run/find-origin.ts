import { LeatError } from '../errors/index.ts';
import { isDriven } from '../metadata/is-driven.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import { allRuns } from './all-runs.ts';
import { findRun } from './find-run.ts';

/**
 * The run that is to be resumed: the one that was told, else the newest of the namespace that did not succeed and that
 * nobody drives.
 *
 * @throws NOT_FOUND, USAGE, and LEASE_LOST for a run that still goes on
 */
export async function findOrigin(
  metadata: MetadataStore,
  told: string | undefined,
  namespace: string,
): Promise<RunRecord> {
  if (told !== undefined) return requireIdle(await findRun(metadata, told, namespace));
  return newestToResume(metadata, namespace);
}

async function newestToResume(metadata: MetadataStore, namespace: string): Promise<RunRecord> {
  const found: RunRecord[] = [];
  for (const status of ['failed', 'cancelled', 'running'] as const) {
    for await (const run of allRuns(metadata, { namespace, status })) {
      if (isGoingOn(run)) continue;
      found.push(run);
      break;
    }
  }
  const [newest] = found.toSorted((a, b) => b.createdAt - a.createdAt);
  if (newest !== undefined) return newest;
  throw new LeatError('NOT_FOUND', 'there is no run that could be resumed', {
    hint: `Looked in the namespace '${namespace}'. Name the run: leat resume FLOW/ID; leat list runs --namespace '*' shows all.`,
  });
}

const isGoingOn = (run: RunRecord): boolean => run.status === 'running' && isDriven(run);

/** A run whose results still come in is left alone: what is taken over from it would be an accident of the moment. */
function requireIdle(run: RunRecord): RunRecord {
  if (!isGoingOn(run)) return run;
  const address = `${run.flow}/${run.id}`;
  throw new LeatError('LEASE_LOST', `'${address}' still goes on: '${run.lease?.owner}' drives it`, {
    hint: `Wait for its end (leat show ${address}), or end it first: Ctrl-C where it runs.`,
    details: { flow: run.flow, run: run.id, owner: run.lease?.owner, until: run.lease?.until },
  });
}
