/**
 * The scheduler's state: the fold of a run's events. Owned by one engine and updated in place by `transition.ts` alone,
 * since a copy for each event of a run of a million tasks would cost more than the tasks (docs/decisions/0001). It is
 * plain data: two states can be compared, and that is how replay is tested. Sized for a million items: what waits is a
 * range in its frame, what has finished is a counter; only tasks that are started or about to start are objects. Must
 * not hold promises, timers, or anything else that is not a consequence of the events.
 * next: `scheduler/run-loop.ts`
 */
import type {
  AttemptState,
  EventFailure,
  RunEvent,
  RunLimits,
  RunStatus,
  TaskGroup,
} from '../../metadata/events.ts';
import type { RunPlan } from '../../plan/plan.ts';
import type { Command } from '../commands.ts';
import type { Durations } from './durations.ts';
import type { Fifo } from './fifo.ts';
import type { FinishedId, FinishedTable } from './finished.ts';
import type { Origin } from './origin.ts';
import type { PlaceRanges } from './place-ranges.ts';
import type { StepId, StepTable } from './step-table.ts';

/**
 * Where a task stands: which step, in which innermost frame at which place, which time round its loop. `seen` are the
 * steps of the loop that this chain of tasks has visited with this `iteration`; empty outside loops.
 */
export interface Position {
  readonly step: StepId;
  readonly frame: Frame | undefined;
  readonly place: number;
  readonly iteration: number;
  readonly seen: readonly StepId[];
}

/** An open split: one for each task of a foreach or branch step that has finished, until its join has finished. */
export interface Frame {
  readonly kind: 'foreach' | 'branch';
  /** Where the split task itself stood. */
  readonly split: Position;
  readonly join: StepId;
  /** The split task's result: the source of the first task at each place. */
  readonly source: FinishedId;
  /** The split task was reused, so what is inside may be, too. */
  readonly reused: boolean;
  readonly depth: number;
  /** Items, or branches. */
  readonly count: number;
  /** foreach: key of the index of the items; absent when there are none. */
  readonly items: string | undefined;
  /** foreach: places that wait for their first task, as pairs `from, to` (exclusive), in order. */
  readonly pending: Fifo<number>;
  /** When it was queued: a number that grows. */
  arrival: number;
  /** foreach, while resuming: what can be reused below this place was commanded. */
  scanned: number;
  arrived: number;
  arrivedReused: number;
  /** Highest iteration inside, when the frame lies within a loop. */
  high: number;
  /** What arrived first; nearly always what all others are, too. */
  common: FinishedId | undefined;
  /** By place, once two arrivals differed. */
  arrivals: Uint32Array | undefined;
}

/** Where a task's artifacts come from. */
export type Source =
  | { readonly kind: 'none' }
  /** The task before it, on the same path. */
  | { readonly kind: 'task'; readonly finished: FinishedId }
  /** The split task around it. */
  | { readonly kind: 'split' }
  /** All that arrived in a frame. */
  | { readonly kind: 'join'; readonly frame: Frame };

/**
 * `ready` → `issued` (a `submit` was commanded) → `submitted` (and logged) → gone, or `waiting` for a retry → `ready`; after
 * the last try `catching` → gone. `reusing`: a `reuse` was commanded. `beaten`: a copy has decided the task, and the attempt
 * that is left is being ended.
 */
export type TaskPhase = 'ready' | 'issued' | 'submitted' | 'waiting' | 'catching' | 'reusing' | 'beaten';

/** A second attempt of a task beside the first, which goes on. */
export interface Copy {
  readonly attempt: number;
  submitted: boolean;
  state: AttemptState | undefined;
  job: string | undefined;
  startedAt: number | undefined;
}

/** A task that is started or about to start. */
export interface Task extends Position {
  /** Within the run, `train[3]~1`. */
  readonly address: string;
  readonly source: Source;
  /** Everything before it was reused. */
  readonly reusable: boolean;
  phase: TaskPhase;
  /** When it was queued: a number that grows. */
  arrival: number;
  /** The one in flight, or the next one; of two copies that go on, the first. */
  attempt: number;
  /** The highest number that an attempt of this task has. */
  last: number;
  copy: Copy | undefined;
  /** Failures that the user's tries pay for, and those that they do not. */
  ownFailures: number;
  platformFailures: number;
  /** Starts in a row that came too late for what their jobs were handed. */
  expiredStarts: number;
  /** What the layer said last of the attempt in flight. */
  state: AttemptState | undefined;
  job: string | undefined;
  /** When the attempt in flight was seen running. */
  startedAt: number | undefined;
  /** The chunk that the attempt in flight is a member of. */
  chunk: Chunk | undefined;
  /** `waiting` only: when the wait ends, and who waits with it. */
  dueAt: number | undefined;
  crowd: Task[] | undefined;
  failure: EventFailure | undefined;
  /** What happened to it, for the message of a defect; the newest few. */
  readonly story: RunEvent[];
}

/** Attempts in flight that one job works through; see {@link TaskGroup}. Gone when its job is over. */
export interface Chunk {
  /** Which chunk of the run it is. */
  readonly number: number;
  readonly step: StepId;
  readonly group: TaskGroup;
  /** All its members in the order of work, as in `chunk-submitted`. */
  readonly places: PlaceRanges;
  readonly attempt: number;
  /** Known once the hand-over is logged. */
  token: string | undefined;
  /** Key of the object that takes the members' manifests; known with the token. */
  pack: string | undefined;
  job: string | undefined;
  /** When its process was seen to begin. */
  startedAt: number | undefined;
  /** The members that are not decided yet, by place, in the order of work. */
  readonly open: Map<number, Task>;
  /** Its members that wait together for their next try. */
  crowd: Task[] | undefined;
}

/** What is ready of one step. */
export interface ReadyLane {
  /** The number of frames around the step. */
  readonly depth: number;
  readonly tasks: Fifo<Task>;
  readonly frames: Fifo<Frame>;
}

/** What may start, by step; see `ready-queue.ts`. */
export interface ReadyQueue {
  readonly lanes: readonly ReadyLane[];
  /** Tasks and frames queued so far. */
  arrivals: number;
}

/** How long a step's tasks have taken so far, the time between them in a process included. */
export interface Pace {
  tasks: number;
  /** Milliseconds of all of them together. */
  ms: number;
  /** Of those that ran alone. */
  readonly durations: Durations;
}

/** Items whose reuse was commanded together. */
export interface ReuseOfItems {
  readonly frame: Frame;
  readonly command: Extract<Command, { type: 'reuse-items' }>;
}

/** Counters of one step. */
export interface StepCount {
  waiting: number;
  /** Attempts on their way through a layer, each member of a chunk for itself. */
  inFlight: number;
  /** Of those, the ones that were seen running, of a chunk one; the others wait in their layer. */
  running: number;
  retrying: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  caught: number;
  reused: number;
  startedAt: number | undefined;
}

export interface SchedulerState {
  readonly flow: string;
  readonly run: string;
  readonly plan: RunPlan;
  readonly table: StepTable;
  readonly origin: Origin | undefined;
  /** Steps that are never reused. */
  readonly fresh: ReadonlySet<StepId>;
  readonly finished: FinishedTable;
  readonly active: Map<string, Task>;
  /** Those in flight, by token. */
  readonly chunks: Map<string, Chunk>;
  /** Chunks commanded so far. */
  chunksIssued: number;
  readonly ready: ReadyQueue;
  /** Tasks, and frames, to be held against the origin run. */
  readonly toReuse: Fifo<Task>;
  readonly toScan: Fifo<Frame>;
  readonly counts: readonly StepCount[];
  limits: RunLimits;
  started: boolean;
  /** Places taken: by attempts that run alone, and by chunks. */
  inFlight: number;
  readonly inFlightByLayer: number[];
  readonly inFlightByStep: number[];
  readonly pace: readonly Pace[];
  /** Addresses of tasks that a copy may be started of, when there is a place. */
  readonly stragglers: Set<string>;
  /** Copies that run beside the first attempts of their tasks. */
  copies: number;
  catching: number;
  /** Tasks whose `reuse` was commanded. */
  reusing: number;
  /** Those of items, by the address of the first; and the number of all their items. */
  readonly reusingItems: Map<string, ReuseOfItems>;
  itemsReusing: number;
  /** Set when nothing new may start. */
  ending: 'failed' | 'cancelled' | undefined;
  /** What is in flight was asked to end; otherwise it finishes, also in a run that has failed. */
  cancelling: boolean;
  forced: boolean;
  /** The flow's last task has succeeded. */
  reachedEnd: boolean;
  endCommanded: Exclude<RunStatus, 'running'> | undefined;
  ended: Exclude<RunStatus, 'running'> | undefined;
}

/** What a state is made from; none of it changes during a run. */
export interface StateFacts {
  readonly run: string;
  readonly plan: RunPlan;
  /** `resume`: the results of an older run. */
  readonly origin?: Origin;
}

/** The counters of a step. */
export function countOf(state: SchedulerState, step: StepId): StepCount {
  return state.counts[step] as StepCount;
}

/** The foreach indexes of a place, outermost first. */
export function pathOf({ frame, place }: Pick<Position, 'frame' | 'place'>): readonly number[] {
  const path: number[] = [];
  let at: Pick<Position, 'frame' | 'place'> = { frame, place };
  while (at.frame !== undefined) {
    if (at.frame.kind === 'foreach') path.push(at.place);
    at = at.frame.split;
  }
  return path.toReversed();
}
