import { chunkSize } from './policy/chunk-size.ts';
import { laneOf, readyCount } from './state/ready-queue.ts';
import { countOf, type SchedulerState } from './state/state.ts';
import { nodeOf, type StepId, targetsOf } from './state/step-table.ts';

/** One step's tasks, counted. */
export interface StepSummary {
  readonly step: string;
  /** Known and not started. */
  readonly waiting: number;
  /** Handed to their layer, and not seen running yet. */
  readonly queued: number;
  readonly running: number;
  /** Waiting for their next attempt. */
  readonly retrying: number;
  /** `caught` and `reused` ones included. */
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly caught: number;
  readonly reused: number;
  /** When the first of them was seen running; milliseconds since the epoch. */
  readonly startedAt?: number;
}

/** How far a run has come. */
export interface RunSummary {
  readonly steps: readonly StepSummary[];
  /** Jobs in flight: attempts that run alone, and chunks. */
  readonly inFlight: number;
  readonly ending?: 'failed' | 'cancelled';
  readonly ended?: 'succeeded' | 'failed' | 'cancelled';
}

/** A snapshot of the counters, in the order of the class. Costs as much as there are steps, whatever the number of tasks. */
export function summary(state: SchedulerState): RunSummary {
  const steps = state.table.steps.map(({ id, name }): StepSummary => {
    const { startedAt, inFlight, ...count } = countOf(state, id);
    const queued = inFlight - count.running;
    return { step: name, ...count, queued, ...(startedAt === undefined ? {} : { startedAt }) };
  });
  return {
    steps,
    inFlight: state.inFlight,
    ...(state.ending === undefined ? {} : { ending: state.ending }),
    ...(state.ended === undefined ? {} : { ended: state.ended }),
  };
}

/**
 * About how many more jobs each layer will get soon, at most `limit`: for what is ready, and for each target of a task that runs. A
 * hint for layers that start processes ahead of need.
 */
export function upcoming(state: SchedulerState, limit: number): ReadonlyMap<string, number> {
  const counts = state.table.layers.map(() => 0);
  const expect = (step: StepId, tasks: number): void => {
    const { layer } = nodeOf(state.table, step);
    if (tasks > 0) counts[layer] = (counts[layer] ?? 0) + Math.ceil(tasks / chunkSize(state, step));
  };
  for (const node of state.ending === undefined ? state.table.steps : []) {
    expect(node.id, readyCount(laneOf(state.ready, node.id), limit));
    const { inFlight } = countOf(state, node.id);
    if (inFlight === 0) continue;
    for (const target of targetsOf(node)) {
      expect(target, nodeOf(state.table, target).closes === undefined ? inFlight : 1);
    }
  }
  return new Map(state.table.layers.map((name, layer) => [name, Math.min(limit, counts[layer] ?? 0)]));
}
