/**
 * The wrapper around every compute layer: what comes out of it can be relied on. Each call has a time limit, each answer is
 * held against the contract, a job's state never goes backwards, and every error says which layer and which call. It repairs
 * what is harmless and refuses the rest; it repeats nothing and decides nothing: that is the engine's.
 * next: `compute/compute-layer.ts`
 */
import { isLeatError, LeatError } from '../errors/index.ts';
import {
  type AttemptRequest,
  type CheckFinding,
  type ComputeLayer,
  contractVersion,
  type Diagnosis,
  type JobId,
  type JobStatus,
  type LayerCapabilities,
  type LogChunk,
  type PollOptions,
  type RunName,
  type StepRequest,
  type SubmitResult,
} from './compute-layer.ts';
import { isState, JobStates } from './job-states.ts';

/** Time limits of single calls, in milliseconds. A poll may take its own wait on top. */
export interface GuardLimits {
  readonly check: number;
  readonly submit: number;
  /** On top of that, for each attempt: layers without arrays send one after another. */
  readonly submitEach: number;
  /** What is left of a submit that is called off. */
  readonly recalled: number;
  readonly poll: number;
  readonly find: number;
  readonly cancel: number;
  readonly diagnose: number;
  readonly close: number;
}

const defaultLimits: GuardLimits = {
  check: 120_000,
  submit: 60_000,
  submitEach: 500,
  recalled: 30_000,
  poll: 120_000,
  find: 120_000,
  cancel: 120_000,
  diagnose: 15_000,
  close: 60_000,
};

/**
 * Wraps a layer; see the file's header.
 *
 * @param limits other time limits than the default ones (two minutes for most calls)
 * @param after calls a function once after so many milliseconds, and returns what takes that back; a timer of Node unless told
 * @throws LeatError LAYER_FAILED when the layer was written for another version of the contract
 * @example const layer = guardLayer(await factory.open(context));
 */
export function guardLayer(
  layer: ComputeLayer,
  limits: Partial<GuardLimits> = {},
  after: After = afterReally,
): ComputeLayer {
  const version: number = layer.contract;
  if (version !== contractVersion) {
    throw new LeatError(
      'LAYER_FAILED',
      `the compute layer '${layer.name}' was written for version ${version} of the contract, and this is version ${contractVersion}`,
      { hint: 'Install versions of leat and of the layer that belong together.' },
    );
  }
  return new GuardedLayer(layer, { ...defaultLimits, ...limits }, after);
}

type After = (ms: number, fire: () => void) => () => void;

const afterReally: After = (ms, fire) => {
  const timer = setTimeout(fire, ms);
  return () => {
    clearTimeout(timer);
  };
};

/** One for all: without a reason each abort makes an error of its own, with its stack. */
const callIsOver = new DOMException('the call is over', 'AbortError');

class GuardedLayer implements ComputeLayer {
  readonly name: string;
  readonly contract = contractVersion;
  readonly capabilities: LayerCapabilities;
  readonly #layer: ComputeLayer;
  readonly #limits: GuardLimits;
  readonly #after: After;
  readonly #states = new JobStates();
  #closing: Promise<void> | undefined;

  constructor(layer: ComputeLayer, limits: GuardLimits, after: After) {
    this.name = layer.name;
    this.#after = after;
    this.capabilities = layer.capabilities;
    this.#layer = layer;
    this.#limits = limits;
  }

  async check(requests: readonly StepRequest[]): Promise<readonly CheckFinding[]> {
    const found = await this.#call('check', async () => this.#layer.check(requests));
    const beyond = requests.flatMap((request) => beyondCapabilities(this.name, this.capabilities, request));
    return [...beyond, ...this.#list('check', found)];
  }

  async submit(batch: readonly AttemptRequest[], signal?: AbortSignal): Promise<readonly SubmitResult[]> {
    if (batch.length === 0) return [];
    this.#refuseClosed('submit');
    const results = this.#list('submit', await this.#submit(batch, signal));
    const answered = new Map(results.map((result) => [result.token, result]));
    return batch.map(({ token, name }) => {
      const result = answered.get(token);
      if (result === undefined) throw this.#broken('submit', `it did not say what became of '${name}'`);
      if ('job' in result ? result.job === '' : typeof result.refused !== 'string') {
        throw this.#broken('submit', `its answer for '${name}' is neither a job nor a refusal`);
      }
      return result;
    });
  }

  async poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>> {
    const wait = this.#limits.poll + options.waitMs;
    const answer = await this.#call('poll', async () => this.#layer.poll(jobs, options), wait);
    if (!(answer instanceof Map)) throw this.#broken('poll', 'its answer is no Map');
    const statuses = new Map<JobId, JobStatus>();
    for (const job of jobs) {
      const status = answer.get(job) as JobStatus | undefined;
      if (status === undefined) continue;
      if (!isState(status.state))
        throw this.#broken('poll', `'${String(status.state)}' is no state of a job`);
      statuses.set(job, this.#states.accept(job, status));
    }
    this.#states.forgetEnded();
    return statuses;
  }

  async find(tokens: readonly string[], run?: RunName): Promise<ReadonlyMap<string, JobId>> {
    if (tokens.length === 0) return new Map();
    const answer = await this.#call('find', async () => this.#layer.find(tokens, run));
    if (!(answer instanceof Map)) throw this.#broken('find', 'its answer is no Map');
    const found = new Map<string, JobId>();
    for (const token of tokens) {
      const job = answer.get(token) as JobId | undefined;
      if (job !== undefined) found.set(token, job);
    }
    return found;
  }

  async cancel(jobs: readonly JobId[], options: { readonly graceSeconds: number }): Promise<void> {
    if (jobs.length === 0) return;
    await this.#call('cancel', async () => this.#layer.cancel(jobs, options));
  }

  async *logs(job: JobId): AsyncGenerator<LogChunk, void, undefined> {
    this.#refuseClosed('logs');
    try {
      for await (const chunk of this.#layer.logs(job)) {
        const { stream }: { readonly stream: string } = chunk;
        if (stream !== 'stdout' && stream !== 'stderr')
          throw this.#broken('logs', `it told of a stream '${stream}'`);
        yield chunk;
      }
    } catch (error) {
      throw this.#failed('logs', error);
    }
  }

  async diagnose(job: JobId): Promise<Diagnosis> {
    return this.#call('diagnose', async () => this.#layer.diagnose(job));
  }

  expect(upcoming: number): void {
    if (this.#closing !== undefined) return;
    try {
      this.#layer.expect?.(upcoming);
    } catch {
      // A hint that is not understood costs time and no more.
    }
  }

  /** Closes the layer once, however often it is called. */
  async close(): Promise<void> {
    this.#closing ??= this.#limited('close', async () => this.#layer.close(), this.#limits.close);
    await this.#closing;
  }

  async #call<T>(name: keyof GuardLimits, call: () => Promise<T>, limitMs = this.#limits[name]): Promise<T> {
    this.#refuseClosed(name);
    return this.#limited(name, call, limitMs);
  }

  /** A layer that is called off may answer for what it has sent, and is not waited for long. */
  async #submit(batch: readonly AttemptRequest[], signal?: AbortSignal): Promise<readonly SubmitResult[]> {
    const { submit, submitEach, recalled } = this.#limits;
    const over = new AbortController();
    const { promise: calledOff, reject: giveUp } = Promise.withResolvers<never>();
    let forget = (): void => {};
    const callOff = (): void => {
      over.abort();
      forget = this.#after(recalled, () => {
        giveUp(this.#broken('submit', 'it was called off, and did not answer'));
      });
    };
    if (signal?.aborted === true) callOff();
    else signal?.addEventListener('abort', callOff, { once: true });
    try {
      const call = async (): Promise<readonly SubmitResult[]> =>
        Promise.race([this.#layer.submit(batch, over.signal), calledOff]);
      return await this.#limited('submit', call, submit + submitEach * batch.length);
    } finally {
      signal?.removeEventListener('abort', callOff);
      forget();
      over.abort(callIsOver);
    }
  }

  #refuseClosed(name: string): void {
    if (this.#closing !== undefined) throw this.#broken(name, 'it was called after it had been closed');
  }

  async #limited<T>(name: string, call: () => Promise<T>, limitMs: number): Promise<T> {
    let forget = (): void => {};
    const late = new Promise<never>((_, reject) => {
      forget = this.#after(limitMs, () => {
        reject(this.#broken(name, `it did not answer within ${limitMs / 1000} s`));
      });
    });
    try {
      return await Promise.race([call(), late]);
    } catch (error) {
      throw this.#failed(name, error);
    } finally {
      forget();
    }
  }

  #list<T>(name: string, answer: readonly T[]): readonly T[] {
    const isList: boolean = Array.isArray(answer);
    if (!isList) throw this.#broken(name, 'its answer is no array');
    return answer;
  }

  #broken(call: string, what: string): LeatError {
    return new LeatError('LAYER_FAILED', `the compute layer '${this.name}', ${call}: ${what}`, {
      details: { layer: this.name, call },
    });
  }

  /** An error of the layer with its name and the call. What it says about the user's options or requests is passed on as it is. */
  #failed(call: string, error: unknown): LeatError {
    if (isLeatError(error)) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new LeatError('LAYER_FAILED', `the compute layer '${this.name}', ${call}: ${message}`, {
      cause: error,
      details: { layer: this.name, call },
    });
  }
}

/** A missing ability is an error before the start, never a silent no-op later. */
function beyondCapabilities(
  name: string,
  capabilities: LayerCapabilities,
  request: StepRequest,
): readonly CheckFinding[] {
  const { step, resources, timeoutSeconds } = request;
  const findings: CheckFinding[] = [];
  if (resources.gpu.value > 0 && !capabilities.gpu) {
    findings.push({
      step,
      level: 'error',
      message: `step '${step}' asks for ${resources.gpu.value} GPU, and the compute layer '${name}' has none`,
      hint: 'Run the step on a layer with GPUs: --with NAME, or the decorator of that layer.',
    });
  }
  if (request.chunks === true && capabilities.chunks !== true) {
    findings.push({
      step,
      level: 'error',
      message: `step '${step}' shares processes between its tasks, and the compute layer '${name}' gives each task a process of its own`,
      hint: "Remove 'isolation' and 'chunk' from its @step, or run it on another layer.",
    });
  }
  const longest = capabilities.longestTimeout;
  if (longest !== undefined && timeoutSeconds !== undefined && timeoutSeconds > longest) {
    findings.push({
      step,
      level: 'error',
      message: `step '${step}' may run for ${timeoutSeconds} s, and a task on the compute layer '${name}' may run for ${longest} s`,
      hint: 'Shorten its @timeout, or run it on another layer.',
    });
  }
  return findings;
}
