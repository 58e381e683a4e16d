import type { Datastore } from '../datastore/datastore.ts';
import type { RunEvent } from '../metadata/events.ts';
import type { RunRecord } from '../metadata/metadata-store.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { BackOff, Patience } from './back-off.ts';
import type { Clock } from './clock.ts';
import type { LogPump } from './output/log-pump.ts';
import type { SpecStore, RunFacts } from './specs/task-spec-of.ts';
import type { LongWait } from './jobs/wait-watch.ts';

/** What the parts of one run's loop share. */
export interface EngineContext {
  readonly run: RunRecord;
  readonly plan: RunPlan;
  readonly facts: RunFacts;
  readonly datastore: Datastore;
  readonly clock: Clock;
  readonly specs: SpecStore;
  readonly logs: LogPump;
  /** Aborted when the loop stops, for whatever reason. */
  readonly signal: AbortSignal;
  /** Hands an event to the loop; it is logged and applied at the next turn. */
  readonly post: (event: RunEvent) => void;
  /** Stops the loop: nothing sensible can be done any more. */
  readonly fail: (error: unknown) => void;
  readonly warn: (message: string) => void;
  /** Says why something has waited for long. */
  readonly tellWait: (wait: LongWait) => void;
  /**
   * Throws LEASE_LOST when another engine may drive the run by now: this process may have stood still. To be called right before jobs or
   * objects are changed, which no lease guards.
   */
  readonly requireLease: () => void;
}

/** What is needed to repeat calls of a run. */
export type Calls = Pick<EngineContext, 'clock' | 'signal' | 'warn' | 'run'>;

/** How to repeat a call of this run. */
export function backOffFor(context: Calls, what: string, patience: Patience): BackOff {
  const { clock, signal, warn, run } = context;
  return { clock, signal, warn, patience, what: `${run.flow}/${run.id}: ${what}` };
}
