import type { ComputeLayer, JobId, JobStatus } from '../../compute/compute-layer.ts';
import type { AttemptState, RunEvent } from '../../metadata/events.ts';
import { type JobEnd, lostJob } from '../settle/attempt-end.ts';
import { withBackOff } from '../back-off.ts';
import { pause } from '../clock.ts';
import { backOffFor, type EngineContext } from '../engine-context.ts';
import type { AttemptFlight, ChunkFlight, Flight } from '../flights/flight.ts';
import type { WaitingJob } from './wait-watch.ts';

/** A layer that learns of changes by itself may hold a poll this long. In milliseconds, as all here. */
const longPollMs = 20_000;
/** Between polls that brought nothing, for layers that answer at once: from the first to the longest. */
const idleMs = { first: 5, longest: 5000 };
/** From this many jobs on polls keep a distance, so that a poll that names all of them does not follow each change. */
const crowd = { jobs: 500, msPerJob: 0.1 };
/** How far past its timeout an attempt may run before the engine ends it, and how long that may take. */
const overdueMs = { slack: 30_000, giveUp: 60_000 };
const pollPatience = { giveUpMs: 600_000 };

/** Why a poll is cut short. Made once: the reason that Node makes by itself takes a stack each time. */
const hasNews = new Error('there are new jobs');

/** Who is told what becomes of watched jobs. */
export interface JobEnds {
  /** The job was seen running, or over, for the first time: from now on there may be output. */
  begun(flight: Flight, job: JobId): void;
  /** A chunk's job works on another member. */
  progressed(flight: ChunkFlight): void;
  /** The job is over; called once for each. */
  ended(flight: Flight, end: JobEnd): void;
  /** These jobs shall be ended. */
  end(jobs: readonly JobId[]): void;
}

/** Asks a layer for all jobs of a run with one poll at a time, for as long as there are any. */
export class JobWatch {
  readonly #layer: ComputeLayer;
  readonly #context: EngineContext;
  readonly #ends: JobEnds;
  readonly #jobs = new Map<JobId, Flight>();
  /** When each began to run, by the steady clock. */
  readonly #began = new Map<JobId, number>();
  #polling = false;
  #idle = idleMs.first;
  /** Aborted when jobs come that the poll under way does not know, and when the loop stops. */
  #news = new AbortController();

  constructor(layer: ComputeLayer, context: EngineContext, ends: JobEnds) {
    this.#layer = layer;
    this.#context = context;
    this.#ends = ends;
    context.signal.addEventListener('abort', () => {
      this.#news.abort(hasNews);
    });
  }

  /** Watches one more job. */
  add(flight: Flight, job: JobId): void {
    this.#jobs.set(job, flight);
    flight.acceptedAt ??= this.#context.clock.steady();
    this.#news.abort(hasNews);
    if (this.#polling) return;
    this.#polling = true;
    this.#poll().catch((error: unknown) => {
      this.#context.fail(error);
    });
  }

  /** Marks all as cancelled and returns them. */
  cancelAll(): readonly JobId[] {
    for (const flight of this.#jobs.values()) flight.cancelled = true;
    return [...this.#jobs.keys()];
  }

  /** Marks one attempt as cancelled and returns its job, if it has one. */
  cancelOne(task: string, attempt: number): JobId | undefined {
    for (const [job, flight] of this.#jobs) {
      if (flight.kind !== 'attempt' || flight.task !== task || flight.attempt !== attempt) continue;
      flight.cancelled = true;
      return job;
    }
    return undefined;
  }

  /** Of each step the job that waits longest, where that is longer than this; the longest wait first. */
  waiting(longerThanMs: number): readonly WaitingJob[] {
    const now = this.#context.clock.steady();
    const bySteps = new Map<string, WaitingJob>();
    for (const [job, flight] of this.#jobs) {
      const since = flight.acceptedAt ?? now;
      if (flight.state === 'running' || flight.cancelled || now - since < longerThanMs) continue;
      const known = bySteps.get(flight.step);
      const longest = known === undefined || since < known.since ? { job, flight, since } : known;
      bySteps.set(flight.step, { ...longest, others: known === undefined ? 0 : known.others + 1 });
    }
    return [...bySteps.values()].toSorted((a, b) => a.since - b.since);
  }

  /** Stops waiting for those that were cancelled. */
  giveUp(message: string): void {
    const endedAt = this.#context.clock.now();
    for (const [job, flight] of this.#jobs) {
      if (flight.cancelled)
        this.#over(job, flight, { state: 'failed', reason: 'cancelled', message, endedAt });
    }
  }

  async #poll(): Promise<void> {
    const { clock, signal } = this.#context;
    // Everything that was accepted in one turn goes into the first poll.
    await Promise.resolve();
    while (this.#jobs.size > 0 && !signal.aborted) {
      this.#news = new AbortController();
      const askedAt = clock.steady();
      const changed = await this.#ask(this.#news.signal);
      if (signal.aborted) return;
      this.#endOverdue();
      await this.#rest(changed, clock.steady() - askedAt);
    }
    this.#polling = false;
  }

  async #ask(news: AbortSignal): Promise<boolean> {
    const { signal } = this.#context;
    const asked = [...this.#jobs];
    const backOff = backOffFor(this.#context, `asking '${this.#layer.name}' for its jobs`, pollPatience);
    const options = { waitMs: this.#waitMs(), signal: news };
    const answer = await withBackOff(backOff, async () =>
      this.#layer.poll(
        asked.map(([job]) => job),
        options,
      ),
    );
    if (signal.aborted) return false;
    let changed = false;
    for (const [job, flight] of asked) {
      if (this.#jobs.get(job) === flight && this.#take(job, flight, answer.get(job), news.aborted))
        changed = true;
    }
    return changed;
  }

  /** Takes one answer; whether it was news. A poll that was cut short may know less than it was asked for. */
  #take(job: JobId, flight: Flight, status: JobStatus | undefined, cutShort: boolean): boolean {
    if (status === undefined) {
      if (cutShort) return false;
      // It may still run where nobody sees it.
      this.#ends.end([job]);
      this.#over(job, flight, lostJob(this.#layer.name, this.#context.clock.now()));
      return true;
    }
    if (status.state === 'succeeded' || status.state === 'failed') {
      this.#over(job, flight, status);
      return true;
    }
    if (rank[status.state] > (flight.state === undefined ? -1 : rank[flight.state])) {
      this.#progress(job, flight, status);
      return true;
    }
    return flight.kind === 'chunk' && status.state === 'running' && this.#nextMember(flight, status.member);
  }

  #nextMember(flight: ChunkFlight, member: number | undefined): boolean {
    if (member === undefined || member <= (flight.member ?? 0)) return false;
    flight.member = member;
    flight.progressedAt = this.#context.clock.steady();
    this.#ends.progressed(flight);
    return true;
  }

  #progress(job: JobId, flight: Flight, status: Progress): void {
    const { state } = status;
    const at = state === 'running' ? status.startedAt : this.#context.clock.now();
    flight.state = state;
    // Its `attempt-submitted` has said so.
    if (state === 'submitted') return;
    if (state === 'running') {
      this.#began.set(job, this.#context.clock.steady());
      this.#ends.begun(flight, job);
    }
    const event = flight.kind === 'attempt' ? progressOf(flight, status, at) : startOf(flight, state, at);
    if (event !== undefined) this.#context.post(event);
  }

  #over(job: JobId, flight: Flight, end: JobEnd): void {
    this.#jobs.delete(job);
    this.#began.delete(job);
    if (flight.state !== 'running') this.#ends.begun(flight, job);
    this.#ends.ended(flight, end);
  }

  async #rest(changed: boolean, tookMs: number): Promise<void> {
    const { clock, signal } = this.#context;
    const size = this.#jobs.size;
    if (changed || this.#news.signal.aborted) {
      this.#idle = idleMs.first;
      if (size > crowd.jobs) await pause(clock, Math.min(1000, size * crowd.msPerJob), signal);
      return;
    }
    // A layer that held the call has done the waiting already.
    if (size === 0 || tookMs > this.#waitMs() / 2) return;
    await pause(clock, this.#idle, this.#news.signal);
    this.#idle = Math.min(idleMs.longest, this.#idle * 2);
  }

  #waitMs(): number {
    let wait = longPollMs;
    const now = this.#context.clock.steady();
    for (const [job, flight] of this.#jobs) {
      const deadline = this.#deadlineOf(flight, job);
      if (deadline !== undefined) wait = Math.min(wait, Math.max(1000, deadline - now));
    }
    return wait;
  }

  #deadlineOf(flight: Flight, job: JobId): number | undefined {
    if (this.#layer.capabilities.keepsTimeouts === true) return undefined;
    return deadlineOf(flight, this.#began.get(job));
  }

  /** Layers end what runs too long; this is for the layer that does not. */
  #endOverdue(): void {
    const { clock } = this.#context;
    const now = clock.steady();
    const jobs: JobId[] = [];
    for (const [job, flight] of this.#jobs) {
      const deadline = this.#deadlineOf(flight, job);
      if (deadline === undefined || now < deadline) continue;
      if (flight.overdueSince === undefined) {
        flight.overdueSince = now;
        jobs.push(job);
      } else {
        const message = `the compute layer '${this.#layer.name}' did not end it`;
        this.#over(job, flight, { state: 'failed', reason: 'timeout', message, endedAt: clock.now() });
      }
    }
    if (jobs.length > 0) this.#ends.end(jobs);
  }
}

const rank: Readonly<Record<AttemptState, number>> = { submitted: 0, queued: 1, starting: 2, running: 3 };

type Progress = Exclude<JobStatus, { state: 'succeeded' | 'failed' }>;

function progressOf({ task, attempt }: AttemptFlight, status: Progress, at: number): RunEvent {
  const { state } = status;
  const note = state === 'queued' || state === 'starting' ? status.note : undefined;
  return { type: 'attempt-state', at, task, attempt, state, ...(note === undefined ? {} : { note }) };
}

/** Of a chunk only its start is told: it is a word about each of its members. */
const startOf = ({ token }: ChunkFlight, state: AttemptState, at: number): RunEvent | undefined =>
  state === 'running' ? { type: 'chunk-started', at, token } : undefined;

/** By the steady clock; of a chunk that of the member that runs. */
function deadlineOf(flight: Flight, began: number | undefined): number | undefined {
  const { overdueSince, timeoutSeconds } = flight;
  if (overdueSince !== undefined) return overdueSince + overdueMs.giveUp;
  if (began === undefined || timeoutSeconds === undefined) return undefined;
  const since = flight.kind === 'chunk' ? Math.max(began, flight.progressedAt) : began;
  return since + timeoutSeconds * 1000 + overdueMs.slack;
}
