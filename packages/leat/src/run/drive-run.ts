/**
 * From a run and its lease to a loop that goes on: what `leat run`, `resume` and `recover` have in common. Says that the run
 * exists, starts the loop, closes what was opened when it has ended. Must not decide where the run comes from:
 * `create-run.ts` and `recover-run.ts` do.
 */
import { hostname } from 'node:os';
import type { CheckFinding } from '../compute/compute-layer.ts';
import { LeatError } from '../errors/index.ts';
import type { RunEvent, RunLimits } from '../metadata/events.ts';
import type { Engine } from '../metadata/is-driven.ts';
import type { Lease, RunRecord, TaskRecord } from '../metadata/metadata-store.ts';
import type { RunPlan } from '../plan/plan.ts';
import { observeAll, type RunObserver } from '../scheduler/observer.ts';
import { startRun as startLoop } from '../scheduler/run-loop.ts';
import type { SchedulerState } from '../scheduler/state/state.ts';
import type { RunSummary } from '../scheduler/summary.ts';
import { estimateRun, type LayerCost } from './costs/estimate-run.ts';
import { Deaths } from './deaths.ts';
import { closeLayers, type Layers } from './open-layers.ts';
import { closeStores, type Stores } from './stores.ts';

/** A lease that is not renewed for so long may be taken by another engine. In milliseconds. */
export const leaseMs = 30_000;

/** This process, as the log names it. */
export const thisEngine: Engine = { host: hostname(), pid: process.pid };

/** Failed tasks that a result tells of. */
const failuresTold = 10;

/** How a run is to be driven. */
export interface DriveOptions {
  /** Most attempts at a time; as many as each layer likes to have, unless told. */
  readonly maxWorkers?: number | undefined;
  /** A failed task ends those that run; otherwise they finish. */
  readonly failFast?: boolean | undefined;
  /** A task that takes far longer than its step's others gets a second copy, where a place is free; otherwise not. */
  readonly speculate?: boolean | undefined;
  /** File with prices for the estimate at the end; those of the layers unless told. */
  readonly prices?: string | undefined;
  readonly observers?: readonly RunObserver[] | undefined;
  /** Told when the run exists, before any observer hears of it. When it throws, nothing of the run is started. */
  readonly created?: ((run: AnnouncedRun) => void) | undefined;
}

/** @throws OPTION_INVALID for a number of tasks with which nothing would ever start. */
export function requireWorkers({ maxWorkers }: Pick<DriveOptions, 'maxWorkers'>): void {
  if (maxWorkers === undefined || (Number.isInteger(maxWorkers) && maxWorkers >= 1)) return;
  throw new LeatError(
    'OPTION_INVALID',
    `maxWorkers must be a whole number of at least 1, got ${maxWorkers}`,
    {
      hint: 'Leave it out: then as many tasks run as the compute layer likes to have.',
    },
  );
}

/** A run that is about to go on. */
export interface AnnouncedRun {
  readonly run: RunRecord;
  /** `TrainFlow/417` */
  readonly address: string;
  /** What will be done otherwise than asked. */
  readonly warnings: readonly CheckFinding[];
}

/** How a run ended. */
export interface RunResult {
  readonly run: RunRecord;
  /** `detached`: the engine has left; the run goes on where its layers outlive the engine, and `leat recover` follows it again. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'detached';
  readonly summary: RunSummary;
  /** The first failed tasks, in the order of time. */
  readonly failures: readonly TaskRecord[];
  /** About what it has cost, on layers whose platform sends a bill. */
  readonly costs?: readonly LayerCost[];
}

/** A run that goes on. */
export interface RunHandle extends AnnouncedRun {
  /** Ends the run: gently, or by force. A forced call may follow a gentle one. */
  cancel(by: string, force?: boolean): void;
  /** Layers whose jobs go on when the engine leaves; none: there is nothing to detach from. */
  readonly outliving: readonly string[];
  /** Leaves the run to itself: jobs on those layers go on, those of the others end, and `leat recover` takes the run up again. */
  detach(): void;
  /** Resolves when the run has ended, whatever its status. @throws LeatError when the engine cannot go on. */
  readonly result: Promise<RunResult>;
}

/** A run with all that is needed to drive it. */
export interface Drive {
  readonly stores: Stores;
  readonly layers: Layers;
  readonly warnings: readonly CheckFinding[];
  readonly run: RunRecord;
  readonly lease: Lease;
  /** When it was asked for, by the steady clock. */
  readonly leaseSince: number;
  readonly plan: RunPlan;
  readonly state: SchedulerState;
  readonly limits: RunLimits;
  readonly options: DriveOptions;
}

/**
 * Announces the run and starts its loop, which closes layers and stores when it has ended. Throws what `created` throws;
 * nothing was started and nothing is closed then.
 */
export function driveRun(drive: Drive): RunHandle {
  const { stores, layers, warnings, run, lease, leaseSince, plan, state, limits, options } = drive;
  const told = [...warnings.filter(({ level }) => level !== 'note'), ...notCopied(plan, limits)];
  const announced = { run, address: `${run.flow}/${run.id}`, warnings: told };
  options.created?.(announced);
  const deaths = new Deaths(lease.epoch);
  const loop = startLoop({
    state,
    plan,
    run,
    lease,
    leaseMs,
    leaseSince,
    ...stores,
    layers,
    limits,
    engine: thisEngine,
    observers: [...(options.observers ?? []), deaths],
  });
  return {
    ...announced,
    cancel: (by, force = false) => loop.cancel(by, force),
    outliving: [...layers].flatMap(([name, { capabilities }]) =>
      capabilities.survivesEngine === true ? name : [],
    ),
    detach: () => loop.detach(),
    result: finish(drive, deaths, loop.done),
  };
}

/** Of what `--speculate` asks for, what it does not get: chunks of a size that the flow says may hold long tasks, and are not copied. */
function notCopied(plan: RunPlan, { speculate }: RunLimits): readonly CheckFinding[] {
  if (speculate !== true) return [];
  return Object.entries(plan.steps).flatMap(([step, { chunk = 1 }]): readonly CheckFinding[] => {
    if (chunk === 1) return [];
    const message = `tasks of step '${step}' share a process, ${chunk} in each, so --speculate starts no second copies of them`;
    return [
      { step, level: 'warning', message, hint: "Remove 'chunk' from its @step when one task takes long." },
    ];
  });
}

async function finish(
  { stores, layers, run: begun, options }: Drive,
  deaths: Deaths,
  done: ReturnType<typeof startLoop>['done'],
): Promise<RunResult> {
  try {
    const { status, summary } = await done;
    const { flow, id } = begun;
    const failures = status === 'succeeded' ? [] : await stores.metadata.failures(flow, id, failuresTold);
    const run = (await stores.metadata.run(flow, id)) ?? begun;
    const costs = await costsOf(run, stores, options);
    return { run, status, summary, failures, ...(costs.length === 0 ? {} : { costs }) };
  } finally {
    await closeLayers(layers);
    await deaths.sweep(stores.datastore, begun);
    await closeStores(stores);
  }
}

/** The run has ended, and stays as it ended: an estimate that cannot be made is said and no more. */
async function costsOf(
  run: RunRecord,
  { metadata }: Stores,
  { prices, observers = [] }: DriveOptions,
): Promise<readonly LayerCost[]> {
  try {
    return await estimateRun(run, () => eventsOf(metadata, run), prices);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    observeAll(observers).warning(`what the run has cost cannot be estimated: ${why}`);
    return [];
  }
}

async function* eventsOf(metadata: Stores['metadata'], { flow, id }: RunRecord): AsyncGenerator<RunEvent> {
  for await (const { event } of metadata.events(flow, id)) yield event;
}
