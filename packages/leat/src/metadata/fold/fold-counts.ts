import type { StepCounts, TaskRecord, TaskStatus } from '../metadata-store.ts';

/** What a change of a task makes of its step's counts; `before` is `undefined` when the task is new. */
export function foldCounts(
  counts: StepCounts | undefined,
  before: TaskRecord | undefined,
  after: TaskRecord,
): StepCounts {
  const now = foldManyCounts(counts, after.step, {
    tasks: 1,
    from: before?.status,
    to: after.status,
    startedAt: after.startedAt,
    endedAt: after.endedAt,
  });
  return {
    ...now,
    caught: now.caught + Number(after.caught) - Number(before?.caught === true),
    reused: now.reused + wasReused(after) - wasReused(before),
  };
}

/** The same change of many tasks of one step. */
export interface CountChange {
  readonly tasks: number;
  /** Nowhere, when they are new. */
  readonly from: TaskStatus | undefined;
  readonly to: TaskStatus;
  /** They were taken over from another run. */
  readonly reused?: boolean;
  /** The first start and the last end of them. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** What it makes of the step's counts. */
export function foldManyCounts(
  counts: StepCounts | undefined,
  step: string,
  { tasks, from, to, reused = false, startedAt, endedAt }: CountChange,
): StepCounts {
  const now: StepCounts = counts ?? { step, total: 0, byStatus: {}, caught: 0, reused: 0 };
  const first = smaller(now.firstStartedAt, startedAt);
  const last = larger(now.lastEndedAt, endedAt);
  return {
    step: now.step,
    total: now.total + (from === undefined ? tasks : 0),
    byStatus: moved(now.byStatus, { tasks, from, to }),
    caught: now.caught,
    reused: now.reused + (reused ? tasks : 0),
    ...(first === undefined ? {} : { firstStartedAt: first }),
    ...(last === undefined ? {} : { lastEndedAt: last }),
  };
}

function wasReused(task: TaskRecord | undefined): number {
  return Number(task?.originRun !== undefined);
}

type ByStatus = StepCounts['byStatus'];

/** The counts after some tasks left `from` (nowhere, when they are new) for `to`. No status stays with a count of 0. */
function moved(counts: ByStatus, { tasks, from, to }: CountChange): ByStatus {
  if (from === to || tasks === 0) return counts;
  const after = { ...counts, [to]: (counts[to] ?? 0) + tasks };
  if (from === undefined) return after;
  const { [from]: left = 0, ...others } = after;
  return left > tasks ? { ...others, [from]: left - tasks } : others;
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
