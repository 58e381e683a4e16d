/**
 * The event log of a run: append-only, the only truth about the run. All state (the scheduler's, and the tables that
 * lists are read from) is a fold over it. Times are milliseconds since the epoch.
 */

/** As in `datastore/manifest.ts`; kept here as plain data because metadata knows no datastore. */
export interface EventFailure {
  readonly reason: string;
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  readonly frame?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

/** What a finished task decided; `datastore/manifest.ts` has the same shape. */
export type EventOutcome =
  | { readonly kind: 'end' }
  | { readonly kind: 'linear' }
  | { readonly kind: 'branch' }
  | { readonly kind: 'switch'; readonly choice: string }
  | { readonly kind: 'foreach'; readonly items: { readonly count: number; readonly index?: string } };

/** An outcome that says no more than the graph. */
export interface PlainOutcome {
  readonly kind: 'linear' | 'branch' | 'end';
}

export type RunStatus = 'running' | 'succeeded' | 'failed' | 'cancelled';

export type AttemptState = 'submitted' | 'queued' | 'starting' | 'running';

/** How much an engine keeps in flight. They decide the order of starts, so they are in the log: its fold is the same everywhere. */
export interface RunLimits {
  /** Attempts over all layers; absent: no bound but the windows. */
  readonly maxWorkers?: number;
  /** Attempts by layer; a layer that is absent has no bound of its own. */
  readonly windows: Readonly<Record<string, number>>;
  /** A failed task ends the ones that run; otherwise they finish. */
  readonly failFast: boolean;
  /** Attempts that take far longer than their step's others get a second copy. */
  readonly speculate?: boolean;
}

/** Tasks of one step inside one foreach: `path` is the foreach indexes around it, and each task's path is that and a place. */
export interface TaskGroup {
  readonly step: string;
  readonly path: readonly number[];
  readonly iteration: number;
}

/** Where the manifests of neighbouring items of a foreach are: objects that are named alike, or parts of one pack, in bytes, by place. */
export type ReusedResults =
  /** Each is named by its place between two texts that are the same for all. */
  | { readonly kind: 'named'; readonly before: string; readonly after: string }
  | {
      readonly kind: 'packed';
      readonly pack: string;
      readonly offsets: readonly number[];
      readonly lengths: readonly number[];
    };

/** `task` is the address within the run, `train[3]~1`. */
export type RunEvent =
  /** A chunk of tasks is handed over as one job: `attempt-submitted` of each of its members. */
  | {
      readonly type: 'chunk-submitted';
      readonly at: number;
      readonly group: TaskGroup;
      /** In the order of work: pairs `from, to` (exclusive). */
      readonly places: readonly number[];
      readonly attempt: number;
      readonly layer: string;
      readonly token: string;
      /** Key of the chunk's pack: the log names results by it, wherever later versions keep theirs. */
      readonly pack: string;
    }
  /** The layer has a chunk's job. */
  | { readonly type: 'chunk-accepted'; readonly at: number; readonly token: string; readonly job: string }
  /** The process of a chunk has begun. */
  | { readonly type: 'chunk-started'; readonly at: number; readonly token: string }
  /**
   * Members of a chunk that succeeded with an outcome that says no more than the graph: `linear`, `branch` or `end`. Columns, one
   * entry a task. Other outcomes and failures are `attempt-succeeded` and `attempt-failed` of their own.
   */
  | {
      readonly type: 'chunk-succeeded';
      readonly at: number;
      readonly token: string;
      readonly outcome: PlainOutcome;
      readonly places: readonly number[];
      /** Where in the chunk's pack each manifest lies, in bytes. */
      readonly offsets: readonly number[];
      readonly lengths: readonly number[];
      readonly startedAt: readonly number[];
      readonly endedAt: readonly number[];
    }
  /** The chunk's job is over. Members that it never began, by place, are ready again; no try of theirs is spent. */
  | {
      readonly type: 'chunk-ended';
      readonly at: number;
      readonly token: string;
      readonly returned: readonly number[];
    }
  /** An engine took the run: at its start, and again at each `recover`. */
  | {
      readonly type: 'engine-started';
      readonly at: number;
      readonly epoch: number;
      readonly host: string;
      readonly pid: number;
      readonly limits?: RunLimits;
      /** Which scheduling policy the engine has; 1 when absent. Only an engine with the same one can recover the run. */
      readonly policy?: number;
    }
  /** Written before the layer is told, so that a crash in between is seen. */
  | {
      readonly type: 'attempt-submitted';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
      readonly layer: string;
      readonly token: string;
    }
  /** The layer has it; `job` is the layer's own name for it. */
  | {
      readonly type: 'attempt-accepted';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
      readonly job: string;
    }
  | {
      readonly type: 'attempt-state';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
      readonly state: AttemptState;
      readonly note?: string;
    }
  | {
      readonly type: 'attempt-succeeded';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
      readonly manifest: string;
      readonly outcome: EventOutcome;
      readonly startedAt: number;
    }
  /** `retryAt`: when the next try is due; absent when this was the task's last, so that lists tell a task that waits from one that failed. */
  | {
      readonly type: 'attempt-failed';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
      readonly failure: EventFailure;
      readonly startedAt?: number;
      readonly retryAt?: number;
      /**
       * Two copies of the task were started. `first`: the other one still runs or has succeeded, so that this failure decides nothing.
       * `last`: the other one failed before, so that this one decides, whatever its number.
       */
      readonly ofCopies?: 'first' | 'last';
    }
  /** `@catchError` stood in after the last try: the task counts as succeeded. */
  | {
      readonly type: 'task-caught';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
      readonly manifest: string;
      readonly outcome: EventOutcome;
      readonly failure: EventFailure;
    }
  /** `resume` took the result of the origin run. */
  | {
      readonly type: 'task-reused';
      readonly at: number;
      readonly task: string;
      readonly manifest: string;
      readonly outcome: EventOutcome;
      readonly originRun: string;
    }
  /** `resume` took the results of neighbouring items of a foreach, places `from` to `to` (exclusive): `task-reused` of each of them. */
  | {
      readonly type: 'tasks-reused';
      readonly at: number;
      readonly group: TaskGroup;
      readonly from: number;
      readonly to: number;
      readonly outcome: PlainOutcome;
      readonly originRun: string;
      readonly results: ReusedResults;
    }
  /** The wait before a retry is over. */
  | { readonly type: 'retry-due'; readonly at: number; readonly task: string; readonly attempt: number }
  /** An attempt has run for as long as is worth a look: far longer than its step's others took, when it was asked for. */
  | { readonly type: 'straggler-due'; readonly at: number; readonly task: string; readonly attempt: number }
  | { readonly type: 'cancel-requested'; readonly at: number; readonly by: string; readonly force: boolean }
  | { readonly type: 'run-ended'; readonly at: number; readonly status: Exclude<RunStatus, 'running'> };
