/**
 * The contract of a compute layer: a place that runs tasks and knows nothing of flows (design §5.1). The engine owns
 * loops, polling, retries, logs, timeouts across layers; a layer translates. `compute/guard.ts` wraps every layer.
 */
import type { DatastoreAccess } from '../datastore/datastore-access.ts';
import type { ResolvedResources } from '../plan/plan.ts';
import type { StoredPackage } from '../package/portable/stored-package.ts';
import type { Platform, StoredTools, ToolFiles, ToolsWanted } from '../package/tools/tool-files.ts';
import type { TaskChunk, TaskSpec } from '../plan/task-spec.ts';
import type { Places } from './machine/places.ts';

/** The version of this contract; compared when a third party's layer is loaded. */
export const contractVersion = 1;

/** Why a job failed. The step's own error is not here: it is in the attempt's manifest, and the engine reads it there. */
export type JobFailureReason =
  | 'exit'
  | 'out-of-memory'
  | 'timeout'
  | 'interrupted'
  | 'lost'
  | 'start-failed'
  | 'refused'
  | 'cancelled';

/** One variant for each state. Times are milliseconds since the epoch. */
export type JobStatus =
  | { readonly state: 'submitted' }
  | { readonly state: 'queued'; readonly note?: string }
  | { readonly state: 'starting'; readonly note?: string }
  | {
      readonly state: 'running';
      readonly startedAt: number;
      /** Of a chunk: the member that it works on. A job that fails takes this one with it, not those after. */
      readonly member?: number;
    }
  | {
      readonly state: 'succeeded';
      readonly startedAt: number;
      readonly endedAt: number;
      /** As that of a job that failed. */
      readonly member?: number;
    }
  | {
      readonly state: 'failed';
      readonly reason: JobFailureReason;
      readonly message: string;
      /** `start-failed` only: it can never succeed, so it is not tried again. */
      readonly permanent?: boolean;
      /**
       * `start-failed` only: what the job was handed had expired before there was a place for it, such as a signed link. It is tried again and
       * that costs no try, twenty times in a row at most, so a layer says it only of a job that has waited for minutes.
       */
      readonly expired?: boolean;
      readonly exitCode?: number;
      readonly signal?: string;
      readonly startedAt?: number;
      readonly endedAt: number;
      /** Of a chunk: the last member that it began. Where it is told, no member after it pays for the end of the job. */
      readonly member?: number;
    };

/** What a step will ask for, before the run starts. */
export interface StepRequest {
  readonly step: string;
  /** Its tasks may come as chunks. */
  readonly chunks?: true;
  readonly resources: ResolvedResources;
  readonly timeoutSeconds?: number;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Something that can never run here, or (`warning`) that will run otherwise than asked. */
export interface CheckFinding {
  readonly step: string;
  /** `note`: worth knowing and nothing to mend; `leat check` tells it, and a run does not. */
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly hint?: string;
}

/** One attempt to run. */
export interface AttemptRequest {
  /** Idempotence: the same token is never started twice. */
  readonly token: string;
  /** Full address for people and for names on the platform: `TrainFlow/417/train[3]@0`. */
  readonly name: string;
  readonly spec: TaskSpec;
  /** Several attempts for one process or job, in order; `spec` is the first one's, and `timeoutSeconds` is for each. */
  readonly chunk?: TaskChunk;
  readonly resources: ResolvedResources;
  readonly timeoutSeconds?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The layer's own name for a job, opaque to the engine; stored in the metadata. */
export type JobId = string;

export type SubmitResult =
  | { readonly token: string; readonly job: JobId }
  /** Will never run, and why. */
  | { readonly token: string; readonly refused: string };

export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
  /** Of a chunk: which of its members printed it. */
  readonly member?: number;
  /** When it was printed, in milliseconds since the epoch; when it is told, unless the layer knows better. */
  readonly at?: number;
  /**
   * What comes next is an end of output that was cut off, which takes its layer seconds to get (`late`): the engine reads the output of other jobs
   * first. Or it is what the job prints itself again (`live`). Absent: as it was. Such a piece may have no bytes.
   */
  readonly pace?: 'late' | 'live';
}

/**
 * What sort of cause it is: it waits for its turn or for room; nothing can be started for it now (capacity, quota); it asks for more than
 * there ever is; something is set up wrongly; all is well and it takes its time; it runs; it has ended; nobody can tell.
 */
export type DiagnosisKind =
  | 'waiting'
  | 'no-capacity'
  | 'never-fits'
  | 'misconfigured'
  | 'on-its-way'
  | 'running'
  | 'ended'
  | 'unknown';

/** Why a job waits or died, and what to do. */
export interface Diagnosis {
  readonly cause: string;
  readonly remedy?: string;
  /** Absent: the layer does not sort its causes. */
  readonly kind?: DiagnosisKind;
  /** Whether the facts prove the cause, or only speak for it. Absent: the layer knows. */
  readonly confidence?: 'certain' | 'likely' | 'none';
  /** What speaks for the cause, a sentence each; where it is unknown, what was looked at. */
  readonly evidence?: readonly string[];
}

/** A run, for the notes that a layer keeps in the datastore. */
export interface RunName {
  readonly flow: string;
  readonly run: string;
}

export interface LayerCapabilities {
  /** Most attempts that one native array takes; 0: no arrays. */
  readonly arrays: number;
  readonly gang: boolean;
  /** Takes requests with a `chunk`. Absent: no. */
  readonly chunks?: boolean;
  readonly gpu: boolean;
  /** In seconds; `undefined`: no bound. */
  readonly longestTimeout?: number;
  readonly isolation: 'process' | 'container' | 'machine';
  /** Schemes of datastores that tasks can reach: `['file', 's3']`. */
  readonly datastores: readonly string[];
  /** Its diagnoses of jobs that wait are worth telling unasked, when they wait for long. Absent: no. */
  readonly explainsWaits?: boolean;
  /** Its jobs go on when the engine ends, and another engine finds them. Absent: they end with it. */
  readonly survivesEngine?: boolean;
  /**
   * It ends what runs too long by two means of its own, and what it calls running may be the start of a container. Then the engine does not
   * count the time. Absent: the engine ends what runs 30 s past its timeout.
   */
  readonly keepsTimeouts?: boolean;
  /** How many attempts the engine keeps handed over when the user sets no `--max-workers`. */
  readonly window: number;
}

export interface PollOptions {
  /** A layer that learns of changes by itself may hold the call up to this long, and returns at once when something changes. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * A call that fails with LAYER_FAILED is repeated for a time. When the error's details say `busy: true`, the platform takes no calls now,
 * and the call is repeated for as long as that takes: no task fails of it.
 */
export interface ComputeLayer {
  readonly name: string;
  readonly contract: typeof contractVersion;
  readonly capabilities: LayerCapabilities;
  /** Before a run starts: can this ever run here? */
  check(requests: readonly StepRequest[]): Promise<readonly CheckFinding[]>;
  /**
   * Hands over many attempts at once. Idempotent by token. When it fails, the engine asks {@link ComputeLayer.find} what has got there
   * before it sends the rest again or gives it up, so what was sent before the error must be found.
   *
   * @param signal aborted when nothing more shall be sent, and when the call has taken too long: the call ends soon, with an error
   * unless all was sent
   */
  submit(batch: readonly AttemptRequest[], signal?: AbortSignal): Promise<readonly SubmitResult[]>;
  /** Status of those jobs that it still knows; a job that is missing from the answer is lost. */
  poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>>;
  /**
   * After a crash of the engine, or after an answer that was lost: which of these do you still have? Ended ones are among them.
   *
   * @param run whose attempts they are, for a layer that keeps its notes by run; absent where only what this engine has submitted is meant
   */
  find(tokens: readonly string[], run?: RunName): Promise<ReadonlyMap<string, JobId>>;
  /** Ends jobs: gently first, by force after `graceSeconds`. A job that is gone is no error. */
  cancel(jobs: readonly JobId[], options: { readonly graceSeconds: number }): Promise<void>;
  /** The job's output from its beginning; ends when the job has ended and all of it was read. */
  logs(job: JobId): AsyncIterable<LogChunk>;
  diagnose(job: JobId): Promise<Diagnosis>;
  /** A hint: about this many attempts will come soon (0: none), so that start-up can overlap with work. Those that come count down. */
  expect?(upcoming: number): void;
  close(): Promise<void>;
}

/** What a layer is told when it is opened for a run. */
export interface LayerContext {
  /** URL of the datastore. */
  readonly datastore: string;
  /** Hash of the code package; its files are in the datastore under `packagePrefix(hash)`. */
  readonly package: string;
  /** A folder of this machine with the files of the code package: tasks on this machine load it ahead. */
  readonly packageFolder?: string;
  /**
   * The folder of the flow's project on this machine, when it is there: what the flow's files take for their own places. Tasks elsewhere
   * have the copies in the package.
   */
  readonly sourceRoot?: string;
  /** Full path of the built program that runs tasks (`dist/task/runner.cjs`). */
  readonly runner: string;
  /** What runs tasks on a machine without Leat, as files of this machine. */
  readonly tools: ToolFiles;
  /**
   * Puts the tools into the datastore, once however often it is asked, unless it is asked to look again.
   * @throws STORE_UNAVAILABLE; LAYER_REFUSED when a Node is wanted and there is none for that platform
   */
  readonly storeTools: (wanted?: ToolsWanted) => Promise<StoredTools>;
  /** Full path of a Node of this machine for tasks in images that have none. @throws LAYER_REFUSED when there is none. */
  readonly nodeFile: (platform: Platform) => Promise<string>;
  /**
   * Makes the code package complete for a machine without the project's files and stores it as one object, once for each platform.
   * A layer that runs tasks elsewhere calls it before it submits; `task/` finds it by the package's hash.
   * @throws STORE_UNAVAILABLE; LAYER_REFUSED when it holds native code of another platform, or is too large
   */
  readonly storePackage: (platform: Platform) => Promise<StoredPackage>;
  /**
   * What tasks in a place of their own need to open the datastore, keys of a profile, a role or a login among it; `folder`: where they will find its
   * files. Absent: the URL is all.
   * @throws STORE_UNAVAILABLE when there are no credentials
   */
  readonly storeAccess?: (folder: string) => Promise<DatastoreAccess>;
  /** The code package as a folder of this machine, for layers that mount it. @throws as {@link LayerContext.storePackage} */
  readonly packageCopy: (platform: Platform) => Promise<string>;
  /** Tells whoever watches the run what takes long, such as an image that is being fetched. A line each time, and seldom. */
  readonly tell?: (text: string) => void;
  /** The places of this machine, which all layers that run tasks on it share. */
  readonly places?: Places;
}

/** What a layer has begun before it was opened. */
export interface PreparedLayer {
  /** Takes it back: the layer will not be opened. */
  discard(): Promise<void>;
}

/** What the jobs of one step have used. */
export interface StepUsage {
  readonly step: string;
  /** What each of them had. */
  readonly resources: ResolvedResources;
  readonly options: Readonly<Record<string, unknown>>;
  readonly jobs: number;
  /** For how long they ran, all together. */
  readonly seconds: number;
  /** The same, with a minute for each that was shorter. */
  readonly wholeMinuteSeconds: number;
}

/** About what a run has cost: an estimate, and no bill. */
export interface CostEstimate {
  readonly vcpuHours: number;
  /** Of 1,024 MB. */
  readonly gbHours: number;
  readonly gpuHours: number;
  /** Absent: there is no price for some of it. */
  readonly amount?: number;
  /** As in ISO 4217: `USD`. */
  readonly currency: string;
  /** Of which day the prices are: `2026-11-23`. */
  readonly asOf: string;
  /** What the prices are for: `EC2 Spot in us-east-1`. */
  readonly basis: string;
  /** What comes on top, for people. */
  readonly notIncluded: string;
}

/** What a layer's `index.ts` exports as `computeLayer`. */
export interface LayerFactory {
  readonly name: string;
  readonly contract: typeof contractVersion;
  /** Checks the options of the layer's decorator; throws `OPTION_INVALID`. Returns them in their final form. */
  parseOptions(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** `prepared`: what {@link LayerFactory.prepare} gave; it is the layer's once this has resolved, and is discarded by the engine when this throws. */
  open(context: LayerContext, prepared?: PreparedLayer): Promise<ComputeLayer>;
  /**
   * Begins what the layer will need whatever the flow is, so that it overlaps with the bundling of the flow. Never throws: what goes
   * wrong is told by `open`.
   */
  prepare?(runner: string): PreparedLayer;
  /**
   * Opens the layer only to look: `diagnose` and `close` are called, also for jobs that another engine has handed over, and nothing of a run
   * may be started or ended. Absent: nobody but the engine that drives a run can say anything of its jobs.
   */
  inspect?(context: LayerContext): Promise<Pick<ComputeLayer, 'diagnose' | 'close'>>;
  /**
   * About what jobs have cost, where the platform sends a bill. Absent: it does not. Pure.
   *
   * @param prices a table of the user's own, as it was read from JSON; the layer's own unless told
   * @throws LeatError OPTION_INVALID when the table is none
   */
  estimate?(usage: readonly StepUsage[], prices?: unknown): CostEstimate;
}
