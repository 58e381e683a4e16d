import type { MetadataStore, RunRecord } from '../../metadata/metadata-store.ts';
import { allRuns, type DataPlace } from '../all-runs.ts';

/** Which runs may go. Tagged runs, and runs that somebody drives, stay whatever the rules say. */
export interface KeepRules {
  /** The newest of each flow that stay; all of them unless told (or none, when only `olderThan` is told). */
  readonly keep?: number;
  /** Milliseconds since the epoch: only runs created before may go. */
  readonly olderThan?: number;
  /** Only runs whose data are there: the metadata know runs of other datastores too. */
  readonly here?: DataPlace;
}

/** The runs that may go, oldest last. */
export async function chooseRuns(
  metadata: MetadataStore,
  rules: KeepRules,
  now: number,
): Promise<readonly RunRecord[]> {
  const { keep = rules.olderThan === undefined ? undefined : 0, here = {} } = rules;
  if (keep === undefined) return [];
  const origins = await originsInUse(metadata, here);
  const chosen: RunRecord[] = [];
  for (const { flow } of await metadata.flows()) {
    let place = 0;
    for await (const run of allRuns(metadata, { flow, ...here })) {
      place += 1;
      if (place > keep && mayGo(run, rules, now) && !origins.has(`${flow}/${run.id}`)) chosen.push(run);
    }
  }
  return chosen;
}

function mayGo(run: RunRecord, { olderThan = Number.POSITIVE_INFINITY }: KeepRules, now: number): boolean {
  // A run that says running, and whose lease has run out, was abandoned: it goes by the same rules as one that has ended.
  const driven = run.lease !== undefined && run.lease.until > now;
  return !driven && run.tags.length === 0 && run.createdAt < olderThan;
}

/** The runs whose results are being taken over just now. */
async function originsInUse(metadata: MetadataStore, here: DataPlace): Promise<ReadonlySet<string>> {
  const origins = new Set<string>();
  for await (const { flow, status, originRun } of allRuns(metadata, here)) {
    if (status === 'running' && originRun !== undefined) origins.add(`${flow}/${originRun}`);
  }
  return origins;
}
