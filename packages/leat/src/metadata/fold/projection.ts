/**
 * The whole state of a run in memory, as the fold of its events: what a store's tables must equal. For tests, the
 * conformance suite, and small logs; a large run is read from its store's tables instead.
 */
import { type ChunkEvent, type ChunkFacts, isChunkEvent, memberEvents, speaksFor } from '../chunk-events.ts';
import type { RunEvent } from '../events.ts';
import { endOpenAttempt, foldAttempt } from './fold-attempt.ts';
import { foldCounts } from './fold-counts.ts';
import { foldRun, type RunState } from './fold-run.ts';
import { endOpenTask, foldTask } from './fold-task.ts';
import type { MemberEvent, TaskEvent } from '../task-events.ts';
import type { AttemptRecord, StepCounts, TaskRecord } from '../metadata-store.ts';
import { reusedItems } from '../reused-items.ts';
import { compareTaskKeys } from '../task-key.ts';

/** A run's state. Tasks are in the order of lists, attempts by number, failures by time. */
export interface Projection {
  readonly run: RunState;
  readonly tasks: readonly TaskRecord[];
  readonly attempts: ReadonlyMap<string, readonly AttemptRecord[]>;
  readonly steps: ReadonlyMap<string, StepCounts>;
  readonly failures: readonly TaskRecord[];
}

interface Draft {
  run: RunState;
  readonly tasks: Map<string, TaskRecord>;
  readonly attempts: Map<string, Map<number, AttemptRecord>>;
  readonly steps: Map<string, StepCounts>;
  readonly chunks: Map<string, ChunkFacts>;
  /** Sequence number at which each task was last decided. */
  readonly decidedAt: Map<string, number>;
}

/**
 * Folds a run's events into its state.
 *
 * @example project([submitted, succeeded]).tasks[0]?.status // 'succeeded'
 */
export function project(events: readonly RunEvent[]): Projection {
  const draft: Draft = {
    run: { status: 'running' },
    tasks: new Map(),
    attempts: new Map(),
    steps: new Map(),
    chunks: new Map(),
    decidedAt: new Map(),
  };
  for (const [index, event] of events.entries()) apply(draft, event, index);
  const tasks = [...draft.tasks.values()].toSorted(compareTaskKeys);
  return {
    run: draft.run,
    tasks,
    attempts: new Map(
      [...draft.attempts].map(([task, byNumber]) => [
        task,
        [...byNumber.values()].toSorted((a, b) => a.attempt - b.attempt),
      ]),
    ),
    steps: draft.steps,
    failures: tasks.filter((task) => task.status === 'failed').toSorted((a, b) => byFailure(draft, a, b)),
  };
}

function byFailure(draft: Draft, a: TaskRecord, b: TaskRecord): number {
  const time = (a.endedAt ?? 0) - (b.endedAt ?? 0);
  return time === 0 ? (draft.decidedAt.get(a.task) ?? 0) - (draft.decidedAt.get(b.task) ?? 0) : time;
}

function apply(draft: Draft, event: RunEvent, seq: number): void {
  draft.run = foldRun(draft.run, event);
  if ('task' in event) applyToTask(draft, event, seq);
  if (isChunkEvent(event)) applyToChunk(draft, event, seq);
  if (event.type === 'tasks-reused') for (const item of reusedItems(event)) applyToTask(draft, item, seq);
  if (event.type === 'run-ended') endOpen(draft, event.at, seq);
}

function applyToChunk(draft: Draft, event: ChunkEvent, seq: number): void {
  const known = draft.chunks.get(event.token);
  if (event.type === 'chunk-submitted' && known !== undefined) return;
  const chunk = event.type === 'chunk-submitted' ? event : known;
  if (chunk === undefined) return;
  draft.chunks.set(event.token, chunk);
  for (const member of memberEvents(chunk, event)) {
    const attempt = draft.attempts.get(member.task)?.get(chunk.attempt);
    if (speaksFor(chunk, event, attempt)) applyToTask(draft, member, seq);
  }
}

function applyToTask(draft: Draft, event: TaskEvent | MemberEvent, seq: number): void {
  const before = draft.tasks.get(event.task);
  put(draft, before, foldTask(before, event), seq);
  if (!('attempt' in event)) return;
  const attempts = draft.attempts.get(event.task) ?? new Map<number, AttemptRecord>();
  const attempt = foldAttempt(attempts.get(event.attempt), event);
  if (attempt === undefined) return;
  draft.attempts.set(event.task, attempts.set(event.attempt, attempt));
}

function put(draft: Draft, before: TaskRecord | undefined, after: TaskRecord, seq: number): void {
  draft.tasks.set(after.task, after);
  draft.steps.set(after.step, foldCounts(draft.steps.get(after.step), before, after));
  if (before?.endedAt !== after.endedAt) draft.decidedAt.set(after.task, seq);
}

function endOpen(draft: Draft, at: number, seq: number): void {
  for (const task of draft.tasks.values()) {
    const ended = endOpenTask(task, at);
    if (ended === task) continue;
    put(draft, task, ended, seq);
    const attempts = draft.attempts.get(task.task);
    const newest = attempts?.get(Math.max(...attempts.keys()));
    if (newest !== undefined) attempts?.set(newest.attempt, endOpenAttempt(newest, at));
  }
}
