/** One attempt, or one chunk of them, on this machine, from its wait for a place to the end of its process group. */
import { JobOutput } from '../../process/job-output.ts';
import { type ProcessEnd, statusOfEnd } from '../../process/process-end.ts';
import { TimeLimit } from '../../process/time-limit.ts';
import { Timers } from '../../process/timers.ts';
import type { AttemptRequest, JobStatus, LogChunk } from '../compute-layer.ts';
import type { Demand } from './placement.ts';
import type { ExitFacts, TaskProcess } from './task-process.ts';

/** Between TERM and KILL when a task has used up its time. */
const timeoutGraceSeconds = 5;

/** Between two words on which member of a chunk runs. In milliseconds. */
const tellMemberMs = 250;

/** What a job tells its layer. */
export interface JobEvents {
  /** The status has changed. */
  readonly changed: (job: MachineJob) => void;
  /** The process group has ended; its place is free. */
  readonly ended: (job: MachineJob) => void;
  /** Whether the kernel has killed for lack of memory since the last such answer. */
  readonly killedForMemory: () => boolean;
}

export class MachineJob {
  /** The layer's name for it. */
  readonly id: string;
  readonly resources: AttemptRequest['resources'];
  readonly demand: Demand;
  readonly #isChunk: boolean;
  readonly #timeoutSeconds: number | undefined;
  /** Until it starts: a chunk's is large, and jobs are remembered for long. */
  #request: AttemptRequest | undefined;
  #status: JobStatus = { state: 'queued' };
  #process: TaskProcess | undefined;
  #output: JobOutput | undefined;
  #ended: 'timeout' | 'cancelled' | undefined;
  #limit: TimeLimit | undefined;
  #memberTold = true;
  readonly #events: JobEvents;
  readonly #timers = new Timers();
  readonly #started: Promise<void>;
  #resolveStarted: () => void = () => undefined;

  constructor(request: AttemptRequest, demand: Demand, events: JobEvents) {
    this.id = request.token;
    this.resources = request.resources;
    this.#isChunk = request.chunk !== undefined;
    this.#timeoutSeconds = request.timeoutSeconds;
    this.#request = request;
    this.demand = demand;
    this.#events = events;
    this.#started = new Promise((resolve) => {
      this.#resolveStarted = resolve;
    });
  }

  /** What is to be run, for whoever starts it; once. */
  takeRequest(): AttemptRequest | undefined {
    const request = this.#request;
    this.#request = undefined;
    return request;
  }

  get status(): JobStatus {
    return this.#status;
  }

  get over(): boolean {
    return this.#status.state === 'succeeded' || this.#status.state === 'failed';
  }

  /** Resolves when its process has ended; at once when it has none. */
  get exited(): Promise<unknown> {
    return this.#process?.exited ?? Promise.resolve();
  }

  /** It has its place, and its process is not there yet. `note`: what it waits for. */
  starting(note?: string): void {
    if (!this.over) this.#set({ state: 'starting', ...(note === undefined ? {} : { note }) });
  }

  /** Its process could not be started. */
  failedToStart(message: string, permanent: boolean): void {
    if (this.over) return;
    const endedAt = Date.now();
    this.#over({
      state: 'failed',
      reason: 'start-failed',
      message,
      endedAt,
      ...(permanent && { permanent }),
    });
  }

  /** The process works on the task. Its time starts now. `mark`: of the message, when it is a chunk's. */
  start(process: TaskProcess, mark: string): void {
    const startedAt = Date.now();
    this.#process = process;
    const memberBegan = (): void => this.#memberBegan(startedAt);
    this.#output = new JobOutput(
      process.stdout,
      process.stderr,
      this.#isChunk ? { mark, memberBegan } : undefined,
    );
    this.#set({ state: 'running', startedAt, ...(this.#isChunk ? { member: 0 } : {}) });
    this.#resolveStarted();
    if (this.#timeoutSeconds !== undefined) this.#watchTime(this.#timeoutSeconds * 1000);
    void process.exited.then(async (facts) => this.#finish(facts, startedAt));
  }

  /** Ends it: TERM to the whole group, KILL after the grace. A job that waits is over at once. The first reason given stands. */
  end(why: 'timeout' | 'cancelled', graceSeconds: number): void {
    if (this.over) return;
    this.#ended ??= why;
    const process = this.#process;
    if (process === undefined) {
      this.#over({
        state: 'failed',
        reason: 'cancelled',
        message: 'the task was cancelled before it started',
        endedAt: Date.now(),
      });
      return;
    }
    if (graceSeconds <= 0) {
      process.signal('SIGKILL');
      return;
    }
    process.signal('SIGTERM');
    this.#timers.after(graceSeconds * 1000, () => process.signal('SIGKILL'));
  }

  /** What it prints, from the beginning; waits for it to start. For one reader. */
  async *logs(): AsyncGenerator<LogChunk, void, undefined> {
    await this.#started;
    if (this.#output !== undefined) yield* this.#output.chunks();
  }

  #memberBegan(startedAt: number): void {
    this.#limit?.restart();
    // It was asked to end, and has ended one member instead: nothing more may begin.
    if (this.#ended !== undefined) this.#process?.signal('SIGKILL');
    if (!this.#memberTold) return;
    this.#memberTold = false;
    this.#timers.after(tellMemberMs, () => {
      this.#memberTold = true;
      if (!this.over) this.#set({ state: 'running', startedAt, member: this.#output?.member ?? 0 });
    });
  }

  /** Ends it when a member, or the only task, has run for `limitMs`. */
  #watchTime(limitMs: number): void {
    this.#limit = new TimeLimit(limitMs, {
      timers: this.#timers,
      ...(this.#isChunk ? { catchUp: async () => this.#output?.catchUp() } : {}),
      reached: () => this.end('timeout', timeoutGraceSeconds),
    });
  }

  async #finish(facts: ExitFacts, startedAt: number): Promise<void> {
    const endedAt = Date.now();
    this.#limit?.stop();
    this.#timers.clear();
    const drained = this.#output?.processEnded(this.#process?.outputLingerMs ?? 0);
    if (this.#endUnknown(facts, startedAt)) return;
    const aborted = facts.signal === 'SIGABRT' || facts.code === 134;
    // Whether it was for lack of memory stands in the last words on stderr, and which member began last in the last marks.
    if (aborted || this.#isChunk) await drained;
    const end: ProcessEnd = {
      ...facts,
      startedAt,
      endedAt,
      ended: this.#ended,
      heapExhausted: aborted && this.#output?.heapExhausted === true,
      kernelOutOfMemory: facts.outOfMemory ?? this.#killedForMemory(facts),
      timeoutSeconds: this.#timeoutSeconds,
    };
    this.#over({ ...statusOfEnd(end), ...this.#lastMember() });
  }

  /** Whether nobody knows how the process ended: it never began, or was lost. What we have ended ourselves is not lost. */
  #endUnknown({ error, permanent = false, lost }: ExitFacts, startedAt: number): boolean {
    const isLost = lost !== undefined && this.#ended === undefined;
    if (error !== undefined)
      this.failedToStart(`the process of the task could not be started: ${error.message}`, permanent);
    else if (isLost)
      this.#over({ state: 'failed', reason: 'lost', message: lost, startedAt, endedAt: Date.now() });
    return error !== undefined || isLost;
  }

  #killedForMemory({ signal }: ExitFacts): boolean {
    return signal === 'SIGKILL' && this.#ended === undefined && this.#events.killedForMemory();
  }

  #lastMember(): { readonly member?: number } {
    return this.#isChunk && this.#output !== undefined ? { member: this.#output.member } : {};
  }

  #over(status: JobStatus): void {
    this.#request = undefined;
    this.#process = undefined;
    this.#resolveStarted();
    this.#set(status);
    this.#events.ended(this);
  }

  #set(status: JobStatus): void {
    this.#status = status;
    this.#events.changed(this);
  }
}
