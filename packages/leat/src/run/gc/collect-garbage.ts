/**
 * `leat gc`: forgets old runs and removes what nothing refers to any more. Runs go from the metadata first, so that nobody
 * sees a run whose data are half gone; what a crash leaves behind is removed the next time. Marking covers all runs that
 * stay, also what they took over from runs that go. What is younger than the grace period stays: somebody may be about
 * to refer to it.
 */
import type { Datastore } from '../../datastore/datastore.ts';
import { allToolsPrefix, jobsPrefix, runPrefix } from '../../datastore/keys.ts';
import { defaultGraceMs, sweepBlobs } from '../../datastore/sweep-blobs.ts';
import { toolLastsMs, toolRefreshMs } from '../../datastore/tool-life.ts';
import { isLeatError, LeatError } from '../../errors/index.ts';
import type { MetadataStore, RunRecord } from '../../metadata/metadata-store.ts';
import { allRuns, type DataPlace } from '../all-runs.ts';
import { chooseRuns, type KeepRules } from './choose-runs.ts';
import { LiveSet, markFolder, markRun } from './mark-live.ts';
import { mayUseTools } from './may-use-tools.ts';
import { sweepPackages } from './sweep-packages.ts';
import { Sweeper } from './sweeper.ts';

/** What to remove. */
export interface GarbageOptions extends KeepRules {
  /** Say what would go, and remove nothing. */
  readonly dryRun?: boolean;
  /** Objects younger than this stay, in milliseconds. */
  readonly graceMs?: number;
  /** Milliseconds since the epoch; the clock unless told. */
  readonly now?: number;
}

/** What a remote job has left is needed until its layer has read it, which may be after a while without an engine. In milliseconds. */
const jobsLastMs = 30 * 24 * 3_600_000;

/** What went, or with `dryRun` would go. */
export interface GarbageCollected {
  /** Newest first within a flow. */
  readonly runs: readonly RunRecord[];
  /** Runs that stay. */
  readonly keptRuns: number;
  readonly packages: number;
  /** Objects of the datastore, of any kind. */
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Removes runs by the rules, then everything in the datastore that no run refers to. The datastore must belong to this
 * metadata alone; the metadata may know others, see `options.here`. Throws what the stores throw; called again, it goes on where it stopped.
 */
export async function collectGarbage(
  metadata: MetadataStore,
  datastore: Datastore,
  options: GarbageOptions = {},
): Promise<GarbageCollected> {
  const { dryRun = false, graceMs = defaultGraceMs, now = Date.now() } = options;
  const chosen = await chooseRuns(metadata, options, now);
  const runs = dryRun ? chosen : await forget(metadata, chosen);
  const gone = new Set(runs.map(addressOf));
  const { live, kept, runningSince } = await mark(metadata, datastore, {
    gone,
    here: options.here ?? {},
    now,
  });
  const olderThan = now - graceMs;
  const sweeper = new Sweeper(datastore, dryRun);
  await sweeper.sweep('runs/', ({ key, modifiedAt }) => {
    // A folder of a run that nobody knows may be that of a run which was forgotten before a crash.
    return !live.hasRunObject(key) && (isOfRun(key, gone) || modifiedAt < olderThan);
  });
  // Nobody knows whose they are. A task that is silent for longer than that loses what it had printed before, and nothing else.
  await sweeper.sweep(jobsPrefix, ({ modifiedAt }) => modifiedAt < Math.min(olderThan, now - jobsLastMs));
  // What a run found young enough when it began is there until it ends.
  const toolsFrom = Math.min(olderThan, now - toolLastsMs, runningSince - toolRefreshMs);
  await sweeper.sweep(allToolsPrefix, ({ modifiedAt }) => modifiedAt < toolsFrom);
  const packages = await sweepPackages(datastore, sweeper, { live: live.packages, olderThan });
  const blobs = await sweepBlobs(datastore, { live: live.blobs, graceMs, dryRun, now });
  return {
    runs,
    keptRuns: kept,
    packages,
    objects: sweeper.objects + blobs.objects,
    bytes: sweeper.bytes + blobs.bytes,
  };
}

const addressOf = ({ flow, id }: RunRecord): string => `${flow}/${id}`;

function isOfRun(key: string, runs: ReadonlySet<string>): boolean {
  const [, flow, run] = key.split('/', 3);
  return runs.has(`${flow}/${run}`);
}

/** Forgets runs; one that somebody has taken up meanwhile stays. */
async function forget(metadata: MetadataStore, chosen: readonly RunRecord[]): Promise<readonly RunRecord[]> {
  const gone: RunRecord[] = [];
  for (const run of chosen) {
    try {
      await metadata.deleteRun(run.flow, run.id);
      gone.push(run);
    } catch (error) {
      if (!isLeatError(error) || error.code !== 'LEASE_LOST') throw error;
    }
  }
  return gone;
}

interface Marked {
  readonly live: LiveSet;
  readonly kept: number;
  /** When the oldest run was created that may still need its tools; `Infinity`: none does. */
  readonly runningSince: number;
}

/** Marks what the runs that stay refer to; also those that were started since the runs were chosen. */
async function mark(
  metadata: MetadataStore,
  datastore: Datastore,
  { gone, here, now }: { readonly gone: ReadonlySet<string>; readonly here: DataPlace; readonly now: number },
): Promise<Marked> {
  const live = new LiveSet();
  const pinned = new Set<string>();
  let kept = 0;
  let runningSince = Infinity;
  for await (const run of allRuns(metadata, here)) {
    if (gone.has(addressOf(run))) continue;
    kept += 1;
    live.addFolder(runPrefix(run.flow, run.id));
    if (await mayUseTools(metadata, run, now)) runningSince = Math.min(runningSince, run.createdAt);
    // A resume that began while its origin was being forgotten goes on to take results over: they stay, whole.
    if (run.status !== 'running' || run.originRun === undefined) continue;
    if (gone.has(`${run.flow}/${run.originRun}`)) pinned.add(runPrefix(run.flow, run.originRun));
  }
  for (const folder of pinned) live.addFolder(folder);
  for (const folder of pinned) await markFolder(live, datastore, folder);
  for await (const run of allRuns(metadata, here)) {
    if (gone.has(addressOf(run))) continue;
    await markRun(live, metadata, datastore, run).catch((error: unknown) => {
      throw notReadable(run, error);
    });
  }
  return { live, kept, runningSince };
}

/** What is damaged may have referred to anything, so nothing may go until its run does. */
function notReadable(run: RunRecord, error: unknown): unknown {
  if (!isLeatError(error) || error.code !== 'STORE_CORRUPT') return error;
  return new LeatError(
    'STORE_CORRUPT',
    `what '${addressOf(run)}' refers to is not known, so no data were removed: ${error.message}`,
    {
      hint: 'Put the object back, or let that run go as well: leat gc --keep N, or --older-than DAYS.',
      cause: error,
    },
  );
}
