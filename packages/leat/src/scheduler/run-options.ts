import type { ComputeLayer } from '../compute/compute-layer.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { ItemLocator } from '../datastore/items/item-index.ts';
import { logKey, parseTask } from '../datastore/keys.ts';
import { encodeSources } from '../datastore/source-index.ts';
import { LeatError } from '../errors/index.ts';
import type { RunLimits } from '../metadata/events.ts';
import type { Lease, MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import type { RunPlan } from '../plan/plan.ts';
import { type Clock, systemClock } from './clock.ts';
import type { EngineContext } from './engine-context.ts';
import { fenceStore } from './lease/fence-store.ts';
import { LogPump } from './output/log-pump.ts';
import type { RunObserver } from './observer.ts';
import type { SchedulerState } from './state/state.ts';
import type { RunSummary } from './summary.ts';

/** What {@link startRun} drives a run with. */
export interface RunLoopOptions {
  /** Fresh from `createState`, or with a past from `recoverState`. Owned by the loop from here on. */
  readonly state: SchedulerState;
  readonly plan: RunPlan;
  readonly run: RunRecord;
  /** The run's lease; renewed by the loop, and given back when it ends. */
  readonly lease: Lease;
  /** For how long the lease is taken each time. */
  readonly leaseMs: number;
  /** When the lease was asked for, by the clock's steady time; now, unless told. */
  readonly leaseSince?: number | undefined;
  readonly metadata: MetadataStore;
  readonly datastore: Datastore;
  /** By name, each within `compute/guard.ts`. Not closed by the loop. */
  readonly layers: ReadonlyMap<string, ComputeLayer>;
  readonly limits: RunLimits;
  /** Who this engine is, for the log. */
  readonly engine: { readonly host: string; readonly pid: number };
  readonly observers?: readonly RunObserver[];
  readonly clock?: Clock;
}

/** How a run ended. */
export interface RunEnd {
  /** `detached`: the engine has left it as it was; jobs on layers that outlive an engine go on. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'detached';
  readonly summary: RunSummary;
}

/** What a user says about a run's limits. */
export interface AskedLimits {
  readonly maxWorkers?: number | undefined;
  readonly failFast?: boolean | undefined;
  readonly speculate?: boolean | undefined;
}

/**
 * The limits of a run: as many attempts in flight as the user says, over all layers; when nothing is said, as many as
 * each layer likes to have.
 */
export function limitsOf(
  layers: ReadonlyMap<string, ComputeLayer>,
  { maxWorkers, failFast = false, speculate = false }: AskedLimits,
): RunLimits {
  const rules = { failFast, ...(speculate ? { speculate } : {}) };
  if (maxWorkers !== undefined) return { maxWorkers, windows: {}, ...rules };
  return {
    windows: Object.fromEntries([...layers].map(([name, layer]) => [name, layer.capabilities.window])),
    ...rules,
  };
}

/** The parts of a context that are the loop's own. */
export interface LoopParts extends Pick<EngineContext, 'signal' | 'post' | 'fail' | 'requireLease'> {
  readonly observer: Required<RunObserver>;
  /** Whether nobody else can drive the run by now. */
  readonly holdsLease: () => boolean;
}

/** What the parts of the loop share. */
export function makeContext(options: RunLoopOptions, parts: LoopParts): EngineContext {
  const { run, plan, clock = systemClock } = options;
  const { signal, post, fail, observer, holdsLease, requireLease } = parts;
  const datastore = fenceStore(options.datastore, requireLease);
  const items = new ItemLocator(datastore);
  const warn = (message: string): void => {
    observer.warning(message);
  };
  return {
    run,
    plan,
    datastore,
    clock,
    signal,
    post,
    fail,
    warn,
    tellWait: (wait) => {
      observer.waits(wait);
    },
    requireLease,
    facts: {
      package: run.package,
      parameters: run.parametersKey,
      tags: run.tags,
      namespace: run.namespace,
      user: run.user,
      ...(run.originRun === undefined ? {} : { originRun: run.originRun }),
    },
    specs: {
      locateItems: async (frames) =>
        items.locateAll(
          frames.map(({ items: index, count, index: item }) => ({ items: { index, count }, item })),
        ),
      storeSources: async (key, columns) => datastore.put(key, encodeSources(columns)),
    },
    logs: new LogPump({
      clock,
      signal,
      warn,
      datastore,
      mayWrite: holdsLease,
      keyOf: (task, attempt) => logKeyOf(run, task, attempt),
      line: (line) => {
        observer.line(line);
      },
    }),
  };
}

function logKeyOf({ flow, id }: RunRecord, task: string, attempt: number): string {
  const address = parseTask(task);
  if (address === undefined) throw new LeatError('INTERNAL', `'${task}' is no address of a task`);
  return logKey(flow, id, address, attempt);
}
