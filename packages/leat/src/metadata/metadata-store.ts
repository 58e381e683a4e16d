/**
 * The contract of a metadata store: the event log, what is read from it, leases, tags. SQLite implements it in
 * `metadata/sqlite/`; the conformance suite in `@leat/testing` says what each call means.
 */
import type { AttemptState, EventFailure, EventOutcome, RunEvent, RunStatus } from './events.ts';

export interface NewRun {
  readonly flow: string;
  /** `user:NAME` unless told. */
  readonly namespace: string;
  readonly user: string;
  readonly tags: readonly string[];
  /** `RunPlan`, as JSON data. */
  readonly plan: unknown;
  /** Parameter values for people and `diff` (JSON data; what JSON cannot hold is printed). */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Datastore key of the parameters' artifact; a few plain values stand in the key itself. */
  readonly parametersKey: string;
  /** Hash of the code package. */
  readonly package: string;
  /** The run whose results are reused: `417`. */
  readonly originRun?: string;
  /** Names of steps from which on nothing is reused (`resume --from`). */
  readonly resumeFrom?: string;
  readonly datastore: string;
  readonly createdAt: number;
  /** The command, for people: how the run was started. */
  readonly command?: string;
}

export interface RunRecord extends NewRun {
  /** Counts from 1 within a flow, as text. */
  readonly id: string;
  readonly status: RunStatus;
  readonly endedAt?: number;
  /** Events so far. */
  readonly lastSeq: number;
  /** Who drives it; stale when `until` has passed. */
  readonly lease?: { readonly owner: string; readonly epoch: number; readonly until: number };
}

export type TaskStatus =
  | 'submitted'
  | 'queued'
  | 'starting'
  | 'running'
  | 'waiting-retry'
  | 'succeeded'
  | 'failed'
  | 'cancelled';

export interface TaskRecord {
  /** Address within the run. */
  readonly task: string;
  readonly step: string;
  readonly path: readonly number[];
  readonly iteration: number;
  readonly status: TaskStatus;
  /** Number of attempts so far. */
  readonly attempts: number;
  /** The attempt that decided the task. */
  readonly decidedBy?: number;
  /** Key of the manifest that decided it. */
  readonly manifest?: string;
  readonly outcome?: EventOutcome;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** The last failure, also when a later attempt succeeded. */
  readonly failure?: EventFailure;
  /** `@catchError` stood in. */
  readonly caught: boolean;
  /** The origin run, when `resume` reused it. */
  readonly originRun?: string;
}

export interface AttemptRecord {
  readonly task: string;
  readonly attempt: number;
  readonly layer: string;
  readonly token: string;
  readonly job?: string;
  /** `returned`: its process ended before its turn came; it is submitted again under the same number, and no try is spent. */
  readonly state: AttemptState | 'returned' | 'succeeded' | 'failed';
  readonly note?: string;
  readonly submittedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly failure?: EventFailure;
}

/** Counts of one step's tasks by status. */
export interface StepCounts {
  readonly step: string;
  readonly total: number;
  readonly byStatus: Readonly<Partial<Record<TaskStatus, number>>>;
  readonly caught: number;
  readonly reused: number;
  readonly firstStartedAt?: number;
  readonly lastEndedAt?: number;
}

export interface RunQuery {
  readonly flow?: string;
  /** `undefined`: every namespace. */
  readonly namespace?: string;
  readonly status?: RunStatus;
  /** Only runs whose data are there. */
  readonly datastore?: string;
  /** All of them must be there. */
  readonly tags?: readonly string[];
  /** Newest first; at most this many (default 100). */
  readonly limit?: number;
  /** Only runs older than this one (paging). */
  readonly before?: { readonly flow: string; readonly id: string };
}

export interface TaskQuery {
  readonly step?: string;
  readonly status?: TaskStatus;
  /** In order of step, path, iteration; at most this many (default 1,000). */
  readonly limit?: number;
  /** Only tasks after this address (paging). */
  readonly after?: string;
}

/** A right to write to one run. Every write says which epoch it was given; a later epoch shuts it out with `LEASE_LOST`. */
export interface Lease {
  readonly flow: string;
  readonly run: string;
  readonly owner: string;
  readonly epoch: number;
}

/** From whom a lease that still holds is taken: from nobody, from whoever has it, or from the holder of one epoch, who is known to be dead. */
export type TakenFrom = boolean | { readonly epoch: number };

export interface MetadataStore {
  /** Where it is: `sqlite:///…/metadata.db`. */
  readonly url: string;
  /** Allocates the id, stores the run, and takes its lease in one transaction. */
  createRun(
    run: NewRun,
    owner: string,
    leaseMs: number,
  ): Promise<{ readonly run: RunRecord; readonly lease: Lease }>;
  /** Takes the lease when none is held, it has expired, or `force` says that it may be taken all the same; else fails with `LEASE_LOST`. */
  acquireLease(flow: string, run: string, owner: string, leaseMs: number, force?: TakenFrom): Promise<Lease>;
  renewLease(lease: Lease, leaseMs: number): Promise<void>;
  releaseLease(lease: Lease): Promise<void>;
  /** Appends events and brings the tables up to date, in one transaction, only under the lease's epoch. Returns the last sequence number. */
  append(lease: Lease, events: readonly RunEvent[]): Promise<number>;
  /** Events in order, in bounded memory. */
  events(
    flow: string,
    run: string,
    after?: number,
  ): AsyncIterable<{ readonly seq: number; readonly event: RunEvent }>;

  flows(
    namespace?: string,
  ): Promise<readonly { readonly flow: string; readonly runs: number; readonly latest: RunRecord }[]>;
  runs(query: RunQuery): Promise<readonly RunRecord[]>;
  run(flow: string, id: string): Promise<RunRecord | undefined>;
  steps(flow: string, run: string): Promise<readonly StepCounts[]>;
  tasks(flow: string, run: string, query: TaskQuery): Promise<readonly TaskRecord[]>;
  task(flow: string, run: string, task: string): Promise<TaskRecord | undefined>;
  attempts(flow: string, run: string, task: string): Promise<readonly AttemptRecord[]>;
  /** First failed tasks in order of time: the first failure is shown first. */
  failures(flow: string, run: string, limit: number): Promise<readonly TaskRecord[]>;

  /** Adds and removes tags of a run; returns what it has now. At most 50 tags of 500 characters. */
  tag(
    flow: string,
    run: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<readonly string[]>;
  /** Forgets runs whole (`gc`). A run under a live lease is refused. */
  deleteRun(flow: string, run: string): Promise<void>;
  /** What the database itself finds damaged in what it holds, when it can say so; nothing: it is whole. `quick` leaves out what takes long. */
  checkIntegrity?(options: { readonly quick: boolean }): Promise<readonly string[]>;
  close(): Promise<void>;
}
