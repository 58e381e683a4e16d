/**
 * A second book-keeping of a run, kept from its log and from what truly happened, with none of the scheduler's ideas. It says at
 * once when something is in the log that must not be there.
 */
import { readManifestSync } from '../../datastore/read-manifest.ts';
import { formatTask } from '../../datastore/keys.ts';
import type { RunEvent, RunLimits, RunStatus } from '../../metadata/events.ts';
import type { StepPlan } from '../../plan/plan.ts';
import { eachPlace } from '../state/place-ranges.ts';
import { manifestOfAttempt } from '../fixtures/manifest-of-attempt.fixture.ts';
import { predict, type Prediction } from '../fixtures/predict.fixture.ts';
import type { MemoryDatastore } from '../../testing/memory-datastore.ts';
import type { Scenario } from './scenario.fixture.ts';
import { ownReasons, platformReasons, Truth, type TruthEvidence } from './truth.fixture.ts';
import { type Job, JobBook } from './job-book.fixture.ts';
import { Violation } from './violation.fixture.ts';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** What a task's tries went to. */
interface Tries {
  user: number;
  platform: number;
  /** Those in a row that came too late. */
  expired: number;
  /** Its newest failure left it with no more tries. */
  isOut: boolean;
}

const platformRetries = 10;
const freeStarts = 20;
const stepOf = (task: string): string => /^[^[~]+/.exec(task)![0];

/** What the ledger asks of the world. */
export interface Evidence extends TruthEvidence {
  readonly datastore: MemoryDatastore;
}

export class Ledger {
  /** The manifest of each task that has a result. */
  readonly results = new Map<string, string>();
  readonly caught = new Set<string>();
  /** Tasks that failed for good. */
  readonly failed = new Set<string>();
  /** When somebody last asked for the end, and when an engine last began; by the clock of engines. */
  cancelledAt = 0;
  beganAt = 0;
  endedAt = 0;
  ended: RunStatus | undefined;
  prediction: Prediction;
  cancelRequested = false;
  engines = 0;
  readonly #book = new JobBook();
  readonly #scenario: Scenario;
  readonly #evidence: Evidence;
  readonly #truth: Truth;
  readonly #tries = new Map<string, Tries>();
  #limits: RunLimits | undefined;

  constructor(scenario: Scenario, evidence: Evidence) {
    this.#scenario = scenario;
    this.#evidence = evidence;
    this.#truth = new Truth(scenario, evidence);
    this.prediction = predict(scenario.flow);
  }

  get jobs(): JobBook['jobs'] {
    return this.#book.jobs;
  }

  get tokens(): JobBook['tokens'] {
    return this.#book.tokens;
  }

  /** @throws Violation */
  enter(event: RunEvent): void {
    if (this.ended !== undefined) throw new Violation(`'${event.type}' was logged after the end of the run`);
    switch (event.type) {
      case 'engine-started':
        this.#limits = event.limits;
        this.engines += 1;
        this.beganAt = event.at;
        return;
      case 'cancel-requested':
        this.cancelRequested = true;
        this.cancelledAt = event.at;
        return;
      case 'run-ended':
        this.ended = event.status;
        this.endedAt = event.at;
        return;
      case 'attempt-submitted':
        this.#submitted(event);
        return;
      case 'chunk-submitted':
        this.#chunkSubmitted(event);
        return;
      case 'attempt-accepted':
      case 'attempt-state':
        this.#book.require(event.task, event.attempt, event.type);
        return;
      case 'chunk-accepted':
      case 'chunk-started':
        this.#book.chunk(event.token, event.type);
        return;
      case 'attempt-succeeded':
        this.#succeeded(event);
        return;
      case 'chunk-succeeded':
        this.#chunkSucceeded(event);
        return;
      case 'attempt-failed':
        this.#failed(event);
        return;
      case 'chunk-ended':
        this.#chunkEnded(event);
        return;
      case 'task-caught':
        this.#caught(event);
        return;
      default: // Timers, and what only a resumed run has.
    }
  }

  #plan(task: string): StepPlan {
    return this.#scenario.flow.plan.steps[stepOf(task)]!;
  }

  #triesOf(task: string): Tries {
    const tries = this.#tries.get(task) ?? { user: 0, platform: 0, expired: 0, isOut: false };
    this.#tries.set(task, tries);
    return tries;
  }

  #mayStart(task: string, attempt: number): void {
    const sources = this.prediction.get(task);
    if (sources === undefined)
      throw new Violation(`'${task}' was started, and no such task was foreseen`, task);
    if (this.results.has(task))
      throw new Violation(`'${task}@${attempt}' was started, and the task has its result`, task);
    if (this.failed.has(task))
      throw new Violation(`'${task}@${attempt}' was started after the task had failed`, task);
    if (this.#book.of(task, attempt) !== undefined)
      throw new Violation(`'${task}@${attempt}' was started twice`, task);
    if (this.#triesOf(task).isOut)
      throw new Violation(`'${task}@${attempt}' was started, and had no try left`, task);
    for (const source of sources)
      if (!this.results.has(source))
        throw new Violation(`'${task}' was started before '${source}' had its result`, task);
    const { cancelRequested, failed } = this;
    if (cancelRequested || failed.size > 0)
      throw new Violation(`'${task}' was started while the run was ending`, task);
  }

  #begin(key: string, job: Omit<Job, 'blamed'>): void {
    this.#book.begin(key, job, this.#limits!, this.#scenario.flow.plan.steps[job.step]!);
  }

  #submitted({ task, attempt, layer, token }: EventOf<'attempt-submitted'>): void {
    this.#mayStart(task, attempt);
    const tasks = new Map([[task, attempt]]);
    const job = { layer, token, tasks, step: stepOf(task), pack: undefined, isChunk: false };
    this.#begin(`${task}@${attempt}`, job);
  }

  #chunkSubmitted({ group, places, attempt, layer, token, pack }: EventOf<'chunk-submitted'>): void {
    const addresses = [...eachPlace(places)].map((place) =>
      formatTask({ ...group, path: [...group.path, place] }),
    );
    for (const task of addresses) this.#mayStart(task, attempt);
    if (this.jobs.has(token)) throw new Violation(`the chunk ${token} was submitted twice`, addresses[0]);
    const tasks = new Map(addresses.map((task) => [task, attempt]));
    const { chunk = 4096 } = this.#scenario.flow.plan.steps[group.step]!;
    if (tasks.size > chunk)
      throw new Violation(`a chunk of '${group.step}' has ${tasks.size} members`, addresses[0]);
    this.#begin(token, { layer, token, tasks, step: group.step, pack, isChunk: true });
  }

  #succeeded({ task, attempt, manifest }: EventOf<'attempt-succeeded'>): void {
    const job = this.#book.require(task, attempt, 'attempt-succeeded');
    this.#book.leave(job, task, attempt);
    // Of two copies the second one's success changes nothing.
    if (this.results.has(task)) {
      if (job.isChunk || this.#plan(task).retry.protected === true || this.#limits?.speculate !== true)
        throw new Violation(`'${task}' has a second result`, task);
      return;
    }
    const own = job.isChunk
      ? `${job.pack}#`
      : manifestOfAttempt(this.#scenario.flow.plan, '1', task, attempt);
    if (job.isChunk ? !manifest.startsWith(own) : manifest !== own)
      throw new Violation(`the result of '${task}@${attempt}' is said to be '${manifest}'`, task);
    this.#decide(task, attempt, manifest);
  }

  #chunkSucceeded({ token, places, offsets, lengths }: EventOf<'chunk-succeeded'>): void {
    const job = this.#book.chunk(token, 'chunk-succeeded');
    const byPlace = new Map([...job.tasks.keys()].map((task) => [Number(/(\d+)\]/.exec(task)![1]), task]));
    for (const [at, place] of places.entries()) {
      const task = byPlace.get(place);
      if (task === undefined)
        throw new Violation(`place ${place} of '${job.step}' succeeded in a chunk that it is not open in`);
      this.#decide(task, job.tasks.get(task)!, `${job.pack}#${offsets[at]}+${lengths[at]}`);
      job.tasks.delete(task);
    }
  }

  #decide(task: string, attempt: number, manifest: string): void {
    if (this.results.has(task)) throw new Violation(`'${task}' has a second result`, task);
    const found = readManifestSync(this.#evidence.datastore, manifest);
    if (found === undefined)
      throw new Violation(`'${task}' has a result that is not in the store: '${manifest}'`, task);
    if (found.status !== 'succeeded' || found.task !== task || found.attempt !== attempt)
      throw new Violation(`'${manifest}' is no success of '${task}@${attempt}'`, task);
    this.results.set(task, manifest);
  }

  #failed(event: EventOf<'attempt-failed'>): void {
    const { task, attempt, failure, retryAt, ofCopies } = event;
    const job = this.#book.require(task, attempt, 'attempt-failed');
    const failsFast = this.failed.size > 0 && this.#limits?.failFast === true;
    this.#truth.expect(event, {
      mayCancel: this.cancelRequested || failsFast || ofCopies === 'first',
      engines: this.engines,
      token: job.token,
    });
    this.#charge(job, event);
    const tries = this.#triesOf(task);
    this.#book.leave(job, task, attempt);
    if (ofCopies === 'first') return;
    if (this.results.has(task))
      throw new Violation(`'${task}' has a result, and is said to have failed`, task);
    const isOwn = ownReasons.has(failure.reason);
    const isExpired = failure.reason === 'start-failed' && failure.code === 'JOB_EXPIRED';
    const isFree = isExpired && tries.expired < freeStarts;
    const isPlatform = platformReasons.has(failure.reason) && !isFree;
    const { retry, catchError } = this.#plan(task);
    const hasTry =
      isFree || (isOwn && tries.user < retry.times) || (isPlatform && tries.platform < platformRetries);
    if (retryAt !== undefined && !hasTry)
      throw new Violation(`'${task}' gets a try that it does not have`, task);
    const isEnding = this.cancelRequested || this.failed.size > 0;
    if (retryAt === undefined && hasTry && !isEnding)
      throw new Violation(`'${task}' is out of tries too early`, task);
    if (isOwn) tries.user += 1;
    if (isPlatform) tries.platform += 1;
    tries.expired = isExpired ? tries.expired + 1 : 0;
    if (retryAt !== undefined) return;
    tries.isOut = true;
    if (catchError === undefined || failure.reason === 'cancelled' || this.cancelRequested || hasTry)
      this.failed.add(task);
  }

  /** Of a chunk that has begun, one member at most takes the fault of the platform on itself. */
  #charge(job: Job, { task, failure: { reason } }: EventOf<'attempt-failed'>): void {
    if (!platformReasons.has(reason) || reason === 'start-failed') return;
    job.blamed += 1;
    if (job.blamed > 1)
      throw new Violation(`two members of one chunk pay for its end, '${task}' is the second`, task);
  }

  #chunkEnded({ token, returned }: EventOf<'chunk-ended'>): void {
    const job = this.#book.chunk(token, 'chunk-ended');
    if (returned.length !== job.tasks.size) {
      const [task] = job.tasks.keys();
      throw new Violation(
        `a chunk of '${job.step}' ended with ${job.tasks.size} open members, and returned ${returned.length}`,
        task,
      );
    }
    this.jobs.delete(token);
  }

  #caught({ task, attempt, manifest }: EventOf<'task-caught'>): void {
    if (this.#plan(task).catchError === undefined || !this.#triesOf(task).isOut)
      throw new Violation(`'${task}' was caught, and was not to be`, task);
    if (!this.#scenario.conduct.isDoomed(task)) {
      this.#scenario.conduct.wearOut(task);
      this.prediction = predict(this.#scenario.flow);
    }
    this.caught.add(task);
    this.#decide(task, attempt + 1, manifest);
  }
}
