/**
 * `leat recover`: takes up a run whose engine has died, in place. The lease is taken, the state is the fold of the run's
 * log, and the loop goes on from there: what is finished stays, jobs that still live are found by their tokens, the rest is
 * handed over again. Code, parameters and plan are those that the run began with. Must not change the run in any other way.
 */
import { LeatError } from '../errors/index.ts';
import { currentNamespace, meansEverybody, type Home } from '../home/home.ts';
import { isDeadHere, leaseOwner } from '../metadata/is-driven.ts';
import type { Lease, MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import type { CodePackage } from '../package/code-package.ts';
import { openPackage } from '../package/write-package.ts';
import type { RunPlan } from '../plan/plan.ts';
import { systemClock } from '../scheduler/clock.ts';
import { keepLease } from '../scheduler/lease/lease-keeper.ts';
import { observeAll } from '../scheduler/observer.ts';
import type { Origin } from '../scheduler/state/origin.ts';
import { recoverState } from '../scheduler/recover-state.ts';
import { limitsOf } from '../scheduler/run-options.ts';
import type { SchedulerState } from '../scheduler/state/state.ts';
import { type RunSummary, summary } from '../scheduler/summary.ts';
import {
  type Drive,
  driveRun,
  type DriveOptions,
  leaseMs,
  requireWorkers,
  type RunHandle,
  thisEngine,
} from './drive-run.ts';
import { findRun } from './find-run.ts';
import { layerContext } from './layer-context.ts';
import { checkLayers, closeLayers, loadLayersAgain, openLayers } from './open-layers.ts';
import { readOrigin, withoutOwnTasks } from './origin-table.ts';
import { handOverStores, withDataOf, type Stores } from './stores.ts';

/** `maxWorkers`, `failFast` and `speculate` are those of the engine before unless told. */
export interface RecoverOptions extends DriveOptions {
  readonly home: Home;
  /** `TrainFlow/417`, `TrainFlow/latest`, or `TrainFlow`. */
  readonly run: string;
  /** Where the latest run is looked for; `LEAT_NAMESPACE` or `user:NAME` unless told. */
  readonly namespace?: string | undefined;
  /** Take the run over also from an engine whose lease holds: that one can write nothing from then on, and stops. */
  readonly force?: boolean | undefined;
  /** Told how far the run had come, before it goes on. */
  readonly planned?: ((run: RunRecord, soFar: RunSummary) => void) | undefined;
}

/**
 * Takes up a run and drives it to its end.
 *
 * @throws NOT_FOUND, USAGE when the run has ended, LEASE_LOST when another engine drives it, METADATA_SCHEMA when a version
 * of Leat that schedules otherwise began it; else as `startRun`.
 */
export async function recoverRun(options: RecoverOptions): Promise<RunHandle> {
  requireWorkers(options);
  return handOverStores(options.home, async (stores) => {
    const { namespace = currentNamespace() } = options;
    const within = meansEverybody(namespace) ? undefined : namespace;
    const run = requireOpen(await findRun(stores.metadata, options.run, within));
    return withDataOf(run, { home: options.home, stores }, async (own) => {
      await own.datastore.check?.();
      const built = await openPackage(own.datastore, run.package, options.home.cache);
      return openAndRecover({ run, built }, own, options);
    });
  });
}

function requireOpen(run: RunRecord): RunRecord {
  if (run.status === 'running') return run;
  const address = `${run.flow}/${run.id}`;
  throw new LeatError('USAGE', `'${address}' has ended (${run.status}): there is nothing to recover`, {
    hint:
      run.status === 'succeeded'
        ? `leat show ${address}`
        : `A new run that takes over its results: leat resume ${address}`,
  });
}

interface KnownRun {
  readonly run: RunRecord;
  readonly built: CodePackage;
}

async function openAndRecover(
  { run, built }: KnownRun,
  stores: Stores,
  options: RecoverOptions,
): Promise<RunHandle> {
  const { datastore } = stores;
  const plan = run.plan as RunPlan;
  const factories = await loadLayersAgain(plan);
  const tell = observeAll(options.observers ?? []).note;
  const context = layerContext({ datastore, built, cache: options.home.cache, tell });
  const layers = await openLayers(factories, context);
  try {
    const warnings = await checkLayers(plan, layers, stores.datastore.url);
    return await takeUp({ run, plan, stores, layers, warnings, options });
  } catch (error) {
    await closeLayers(layers);
    throw error;
  }
}

type Checked = Omit<Drive, 'lease' | 'leaseSince' | 'state' | 'limits'> & {
  readonly options: RecoverOptions;
};

async function takeUp(checked: Checked): Promise<RunHandle> {
  const { run, stores, layers, options } = checked;
  const { metadata } = stores;
  const { flow, id } = run;
  // From the dead one only: another engine may have taken the run since it was looked up.
  const dead = run.lease !== undefined && isDeadHere(run.lease.owner) ? { epoch: run.lease.epoch } : false;
  const force = options.force === true || dead;
  const askedAt = systemClock.steady();
  const lease = await metadata.acquireLease(flow, id, leaseOwner(thisEngine), leaseMs, force);
  try {
    const { result: state, leaseSince } = await whileHeld(metadata, { lease, askedAt }, async () =>
      stateOf(checked),
    );
    options.planned?.(run, summary(state));
    const before = state.limits;
    const {
      maxWorkers = before.maxWorkers,
      failFast = before.failFast,
      speculate = before.speculate,
    } = options;
    const limits = limitsOf(layers, { maxWorkers, failFast, speculate });
    return driveRun({ ...checked, lease, leaseSince, state, limits });
  } catch (error) {
    await Promise.allSettled([metadata.releaseLease(lease)]);
    throw error;
  }
}

async function stateOf({ run, plan, stores: { metadata } }: Checked): Promise<SchedulerState> {
  const { flow, id } = run;
  const origin = await originOf(metadata, run);
  const facts = { run: id, plan, ...(origin === undefined ? {} : { origin }) };
  const state = await recoverState(facts, metadata.events(flow, id));
  // It may have ended after it was looked up: its engine gives the lease back then.
  if (state.ended !== undefined) requireOpen({ ...run, status: state.ended });
  return state;
}

/** What a resumed run takes over from an older one. */
async function originOf(metadata: MetadataStore, run: RunRecord): Promise<Origin | undefined> {
  const { flow, id, originRun, resumeFrom } = run;
  if (originRun === undefined) return undefined;
  const origin = await metadata.run(flow, originRun);
  if (origin === undefined) {
    throw new LeatError(
      'NOT_FOUND',
      `'${flow}/${id}' takes over results of '${flow}/${originRun}', which is no longer there`,
      { hint: `A new run that takes over what '${flow}/${id}' has: leat resume ${flow}/${id}` },
    );
  }
  const table = await readOrigin(metadata, origin, resumeFrom === undefined ? [] : [resumeFrom]);
  return withoutOwnTasks(table, metadata, run);
}

/** Reading a long log may take longer than a lease lasts. */
async function whileHeld<T>(
  metadata: MetadataStore,
  { lease, askedAt }: { readonly lease: Lease; readonly askedAt: number },
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly leaseSince: number }> {
  let fault: Error | undefined;
  const kept = keepLease({
    metadata,
    lease,
    leaseMs,
    since: askedAt,
    clock: systemClock,
    lost: (error) => {
      fault = error instanceof Error ? error : new LeatError('INTERNAL', String(error));
    },
  });
  try {
    const result = await work();
    if (fault !== undefined) throw fault;
    return { result, leaseSince: kept.since() };
  } finally {
    kept.drop();
  }
}
