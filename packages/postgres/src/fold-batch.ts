/**
 * What a batch of events makes of the tables, in memory: what is needed was read before, what has changed is written
 * afterwards, all at once. `leat/metadata` says what an event means. No I/O here.
 */
import {
  type AttemptRecord,
  type ChunkEvent,
  type ChunkFacts,
  endOpenAttempt,
  endOpenTask,
  foldAttempt,
  foldCounts,
  foldRun,
  foldTask,
  isChunkEvent,
  isDecided,
  type MemberEvent,
  memberEvents,
  reusedItems,
  type RunEvent,
  type RunState,
  speaksFor,
  type StepCounts,
  type TaskEvent,
  type TaskRecord,
  type TaskEntry,
} from 'leat/metadata';

/** The part of the tables that a batch is about. */
export interface Known {
  readonly tasks: ReadonlyMap<string, TaskEntry>;
  /** Attempts that are not the newest of their task, by {@link attemptName}. */
  readonly older: ReadonlyMap<string, AttemptRecord>;
  readonly counts: ReadonlyMap<string, StepCounts>;
  /** By token. */
  readonly chunks: ReadonlyMap<string, ChunkFacts>;
}

/** A task after the batch; `endedSeq`: the event that last decided it. */
export interface ChangedTask extends TaskEntry {
  readonly endedSeq: number;
}

/** What is to be written. */
export interface Changes {
  readonly tasks: ReadonlyMap<string, ChangedTask>;
  readonly older: ReadonlyMap<string, AttemptRecord>;
  readonly counts: ReadonlyMap<string, StepCounts>;
  /** Chunks that begin. */
  readonly chunks: ReadonlyMap<string, ChunkFacts>;
  readonly run: RunState | undefined;
}

/** `train[3]@1` */
export const attemptName = (task: string, attempt: number): string => `${task}@${attempt}`;

interface Draft {
  readonly known: Known;
  readonly tasks: Map<string, ChangedTask>;
  readonly older: Map<string, AttemptRecord>;
  readonly counts: Map<string, StepCounts>;
  readonly chunks: Map<string, ChunkFacts>;
  run: RunState | undefined;
}

const draftOf = (known: Known): Draft => ({
  known,
  tasks: new Map(),
  older: new Map(),
  counts: new Map(),
  chunks: new Map(),
  run: undefined,
});

/**
 * Folds events, the first of which has sequence number `after + 1`. Of `run-ended` it does what concerns the run: the
 * open tasks, which may be many, are ended in pages by {@link endTasks}.
 */
export function foldBatch(known: Known, events: readonly RunEvent[], after: number): Changes {
  const draft = draftOf(known);
  let seq = after;
  for (const event of events) {
    seq += 1;
    if ('task' in event) applyToTask(draft, event, seq);
    else if (isChunkEvent(event)) applyToChunk(draft, event, seq);
    else if (event.type === 'tasks-reused')
      for (const item of reusedItems(event)) applyToTask(draft, item, seq);
    else if (event.type === 'run-ended' || event.type === 'engine-started')
      draft.run = foldRun({ status: 'running' }, event);
  }
  return draft;
}

/** What the end of the run, which is event `seq`, makes of tasks that are still open. */
export function endTasks(
  open: readonly TaskEntry[],
  counts: ReadonlyMap<string, StepCounts>,
  end: { readonly at: number; readonly seq: number },
): Changes {
  const draft = draftOf({ tasks: new Map(), older: new Map(), counts, chunks: new Map() });
  for (const { task, newest } of open) {
    const ended = endOpenTask(task, end.at);
    count(draft, task, ended);
    const attempt = newest === undefined ? undefined : endOpenAttempt(newest, end.at);
    draft.tasks.set(task.task, { task: ended, newest: attempt, endedSeq: end.seq });
  }
  return draft;
}

function applyToChunk(draft: Draft, event: ChunkEvent, seq: number): void {
  const known = draft.chunks.get(event.token) ?? draft.known.chunks.get(event.token);
  if (event.type === 'chunk-submitted') {
    if (known !== undefined) return;
    draft.chunks.set(event.token, event);
  }
  const chunk = event.type === 'chunk-submitted' ? event : known;
  if (chunk === undefined) return;
  for (const member of memberEvents(chunk, event)) {
    const attempt = attemptOf(draft, entryOf(draft, member.task), member);
    if (speaksFor(chunk, event, attempt)) applyToTask(draft, member, seq);
  }
}

const entryOf = (draft: Draft, task: string): TaskEntry | undefined =>
  draft.tasks.get(task) ?? draft.known.tasks.get(task);

/** The attempt that an event names, as it stands before the event. */
function attemptOf(
  draft: Draft,
  entry: TaskEntry | undefined,
  { task, attempt }: Pick<MemberEvent, 'task' | 'attempt'>,
): AttemptRecord | undefined {
  if (entry?.newest?.attempt === attempt) return entry.newest;
  const name = attemptName(task, attempt);
  return draft.older.get(name) ?? draft.known.older.get(name);
}

function applyToTask(draft: Draft, event: TaskEvent | MemberEvent, seq: number): void {
  const before = entryOf(draft, event.task);
  const task = foldTask(before?.task, event);
  const newest = 'attempt' in event ? newestAfter(draft, before, event) : before?.newest;
  if (task === before?.task && newest === before.newest) return;
  count(draft, before?.task, task);
  const decided = before?.task.endedAt !== task.endedAt;
  const endedSeq = decided ? seq : (draft.tasks.get(event.task)?.endedSeq ?? seq);
  draft.tasks.set(event.task, { task, newest, endedSeq });
}

/** Folds the attempt that the event names, and says which attempt is the task's newest afterwards. */
function newestAfter(
  draft: Draft,
  before: TaskEntry | undefined,
  event: MemberEvent,
): AttemptRecord | undefined {
  const newest = before?.newest;
  if (newest === undefined || event.attempt === newest.attempt) return foldAttempt(newest, event) ?? newest;
  const named = attemptOf(draft, before, event);
  const folded = foldAttempt(named, event);
  if (folded === undefined || folded === named) return newest;
  const [next, older] = folded.attempt > newest.attempt ? [folded, newest] : [newest, folded];
  draft.older.set(attemptName(event.task, older.attempt), older);
  return next;
}

/** Every change counts, also one that the same batch undoes: a step's last end may be that of a failed try. */
function count(draft: Draft, before: TaskRecord | undefined, after: TaskRecord): void {
  if (before === after) return;
  const { step } = after;
  const counts = draft.counts.get(step) ?? draft.known.counts.get(step);
  draft.counts.set(step, foldCounts(counts, before, after));
}

/** Open tasks that a writer keeps in memory, so that the next event about one need not read it again. */
const maxKept = 20_000;

/** The same of chunks. */
const maxChunks = 1_000;

/** Brings what is kept of a run's chunks up to date with what was written. */
export function keepChunks(chunks: Map<string, ChunkFacts>, begun: ReadonlyMap<string, ChunkFacts>): void {
  for (const [token, chunk] of begun) chunks.set(token, chunk);
  forgetOldest(chunks, maxChunks);
}

function forgetOldest(kept: Map<string, unknown>, most: number): void {
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}

/** Brings what is kept of a run's tasks up to date with what was written. */
export function keepOpen(open: Map<string, TaskEntry>, changed: ReadonlyMap<string, ChangedTask>): void {
  for (const [address, { task, newest }] of changed) {
    if (isDecided(task.status)) open.delete(address);
    else open.set(address, { task, newest });
  }
  forgetOldest(open, maxKept);
}
