/**
 * The compute layer on AWS Batch: attempts become array jobs, one poller watches them, and the agent in each container does the rest. Glue:
 * what is asked of Batch is in `job-spec.ts`, what its answers mean in `job-status.ts`.
 */
import { LeatError } from 'leat';
import { bootstrapCommand } from 'leat/agent';
import {
  type AttemptRequest,
  type CheckFinding,
  type ComputeLayer,
  contractVersion,
  type Diagnosis,
  type JobId,
  type JobStatus,
  type LayerCapabilities,
  type LayerContext,
  type LogChunk,
  type PollOptions,
  type RunName,
  type StepRequest,
  type SubmitResult,
} from 'leat/compute';
import { type Datastore, openDatastore } from 'leat/datastore';
import type { BatchFacts } from '../diagnose/facts.ts';
import { type BatchApi, openBatchApi } from './api.ts';
import { arrayLimits, type Group, groupAttempts } from './arrays.ts';
import { AwsCalls } from './aws-calls.ts';
import { messageOf } from './aws-errors.ts';
import { budgetOf } from './call-budget.ts';
import { checkSteps } from './check-steps.ts';
import { ConsoleLinks } from './console-link.ts';
import { Definitions } from './definitions.ts';
import { EndedFacts } from './ended-facts.ts';
import { type Child, endingsOf } from './endings.ts';
import { isWithoutTools, settleEnd } from './ends.ts';
import { inParallel } from './in-parallel.ts';
import { findIntents, resolveIntents } from './intents.ts';
import type { JobBook } from './job-book.ts';
import { parseJobId } from './job-id.ts';
import type { ParsedOptions } from './options.ts';
import { JobLogs } from './output/job-logs.ts';
import { type Pace, Poller } from './poller.ts';
import { Queues } from './queues.ts';
import { resultsOf, Sender } from './sender.ts';
import { terminateJobs } from './terminate-jobs.ts';
import { Work } from './work.ts';

/** Groups of one hand-over that are sent at once. */
const sentAtOnce = 8;

/** Calls a second to CloudWatch: it takes 25 of an account, less in some regions, and others use it, too. */
const logCallsPerSecond = 8;

/** What may differ from the usual; for tests. */
export interface BatchLayerSetting {
  readonly api?: BatchApi;
  readonly pace?: Pace;
  /** Size of the largest array. */
  readonly largestArray?: number;
}

/** See the file's header. */
export class BatchLayer implements ComputeLayer {
  readonly name = 'batch';
  readonly contract: typeof contractVersion = contractVersion;
  readonly capabilities: LayerCapabilities;
  readonly #api: BatchApi;
  readonly #calls: AwsCalls;
  readonly #store: Datastore;
  readonly #queues: Queues;
  readonly #definitions: Definitions;
  readonly #work: Work;
  readonly #sender: Sender;
  readonly #poller: Poller;
  readonly #logs: JobLogs;
  readonly #closed: AbortController;
  readonly #region: string;
  readonly #ended = new EndedFacts();
  readonly #links: ConsoleLinks;
  /** Where each attempt went that this engine has handed over or found. */
  readonly #jobs = new Map<string, JobId>();

  private constructor(parts: Parts, { pace, largestArray = arrayLimits.most }: BatchLayerSetting) {
    const { api, calls, logCalls, store, closed, region, context } = parts;
    this.#api = api;
    this.#calls = calls;
    this.#store = store;
    this.#closed = closed;
    this.#region = region;
    this.#links = new ConsoleLinks(region);
    this.#queues = new Queues(api, calls);
    this.#definitions = new Definitions(api, calls);
    this.#work = new Work({ context, store, region, platform: ownPlatform });
    this.#poller = new Poller({
      api,
      calls,
      settle: async (ended) => {
        const status = await settleEnd(store, ended);
        this.#ended.ended(ended);
        this.#logs.ended(ended, status);
        if (isWithoutTools(status)) this.#work.forgetTools();
        return status;
      },
      forgotten: (book) => {
        this.#forget(book);
      },
      ...(pace === undefined ? {} : { pace }),
    });
    this.#logs = new JobLogs({ api, calls: logCalls, store, poller: this.#poller });
    this.#sender = new Sender({
      api,
      calls,
      store,
      definitionOf: async (request) => this.#definitionOf(request),
      forgetDefinition: (definition) => {
        this.#definitions.forget(definition);
      },
      storeWork: async (group) => this.#work.store(group),
      closed: closed.signal,
    });
    this.capabilities = {
      arrays: largestArray,
      gang: false,
      chunks: true,
      gpu: true,
      isolation: 'container',
      datastores: ['s3'],
      window: largestArray,
      survivesEngine: true,
      keepsTimeouts: true,
      explainsWaits: true,
    };
  }

  /** Opens the layer with the region and the credentials of this process. @throws LeatError LAYER_FAILED, STORE_UNAVAILABLE */
  static async open(context: LayerContext, setting: BatchLayerSetting = {}): Promise<BatchLayer> {
    const api = setting.api ?? openBatchApi();
    const region = await api.region().catch((cause: unknown) => {
      throw new LeatError(
        'LAYER_FAILED',
        `the compute layer 'batch' does not know its region: ${messageOf(cause)}`,
        {
          hint: 'Set AWS_REGION, or the region of your profile in ~/.aws/config.',
          cause,
        },
      );
    });
    const closed = new AbortController();
    const place = `${region} ${endpointOf(process.env)}`;
    const calls = new AwsCalls(budgetOf(place), closed.signal);
    const logCalls = new AwsCalls(budgetOf(`logs ${place}`, logCallsPerSecond), closed.signal);
    const store = await openDatastore(context.datastore);
    return new BatchLayer({ api, calls, logCalls, store, closed, region, context }, setting);
  }

  async check(requests: readonly StepRequest[]): Promise<readonly CheckFinding[]> {
    return checkSteps(requests, {
      queues: this.#queues,
      region: this.#region,
      linksEndAt: async () => this.#store.linksEndAt?.(),
    });
  }

  async submit(batch: readonly AttemptRequest[], signal?: AbortSignal): Promise<readonly SubmitResult[]> {
    const fresh = [...new Map(batch.map((request) => [request.token, request])).values()];
    const groups = groupAttempts(
      fresh.filter(({ token }) => !this.#jobs.has(token)),
      this.capabilities.arrays,
    );
    const results = new Map<string, SubmitResult>();
    await inParallel(groups, sentAtOnce, async (group) => {
      for (const result of await this.#send(group, signal)) results.set(result.token, result);
    });
    return batch.flatMap(({ token }) => {
      const job = this.#jobs.get(token);
      return job === undefined ? (results.get(token) ?? []) : { token, job };
    });
  }

  async poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>> {
    const answer = await this.#poller.poll(jobs, options);
    return new Map([...answer].map(([job, status]) => [job, this.#links.add(job, status)]));
  }

  async find(tokens: readonly string[], run?: RunName): Promise<ReadonlyMap<string, JobId>> {
    const missing = tokens.filter((token) => !this.#jobs.has(token));
    if (missing.length > 0 && run !== undefined) {
      const intents = await findIntents(this.#store, run, missing);
      await resolveIntents(missing, intents, {
        find: async (intent) => this.#sender.find(intent),
        awaitListed: async (intent) => this.#sender.awaitListed(intent),
        take: (book) => this.#take(book, true),
      });
    }
    return new Map(
      tokens.flatMap((token) => {
        const job = this.#jobs.get(token);
        return job === undefined ? [] : [[token, job] as const];
      }),
    );
  }

  async cancel(jobs: readonly JobId[]): Promise<void> {
    const ids = endingsOf(jobs, (job) => this.#known(job));
    await terminateJobs({ api: this.#api, calls: this.#calls }, ids);
    this.#poller.hurry();
  }

  async *logs(job: JobId): AsyncGenerator<LogChunk, void, undefined> {
    const { book, index = 0 } = this.#known(job);
    const token = book?.tokens[index];
    if (book === undefined || token === undefined) return;
    yield* this.#logs.read(job, { book, index, token }, this.#closed.signal);
  }

  /** Why a job waits is asked; why one has failed is known from the poll that has seen it. */
  async diagnose(job: JobId): Promise<Diagnosis> {
    const ended = this.#ended.of(job) ?? this.#lost(job);
    if (ended !== undefined) {
      const { diagnose } = await import('../diagnose/diagnose.ts');
      return diagnose({ ...ended, region: this.#region });
    }
    const { diagnoseJob } = await import('./diagnose-job.ts');
    return diagnoseJob(job, { api: this.#api, calls: this.#calls, region: this.#region });
  }

  /** What all jobs need is sent ahead of the first. What goes wrong now is told when it is needed. */
  expect(upcoming: number): void {
    if (upcoming > 0) this.#work.prepare();
  }

  /** Leaves the jobs alone: whoever wants them to end cancels them. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#api.close();
    await this.#store.close();
  }

  async #send(group: Group, signal?: AbortSignal): Promise<readonly SubmitResult[]> {
    const sent = await this.#sender.send(group, signal);
    if ('book' in sent) this.#take(sent.book, false);
    return resultsOf(group, sent);
  }

  #take(book: JobBook, found: boolean): void {
    this.#poller.track(book, found);
    for (const [index, token] of book.tokens.entries()) {
      // An attempt that was found in a newer job as well stays there.
      if (!found || !this.#jobs.has(token)) this.#jobs.set(token, book.idOf(index));
    }
  }

  #forget(book: JobBook): void {
    for (const [index, token] of book.tokens.entries()) {
      this.#logs.forget(token);
      if (this.#jobs.get(token) === book.idOf(index)) this.#jobs.delete(token);
    }
    this.#links.forget(book);
  }

  async #definitionOf({ resources, options }: AttemptRequest): Promise<string> {
    const parsed = options as unknown as ParsedOptions;
    const { platform } = await this.#queues.get(parsed.queue);
    return this.#definitions.get({
      resources,
      options: parsed,
      platform,
      architecture: ownArchitecture,
      command: bootstrapCommand(),
    });
  }

  #lost(job: JobId): BatchFacts | undefined {
    return this.#poller.isLost(parseJobId(job)?.id ?? '') ? { collectedAt: Date.now() } : undefined;
  }

  #known(job: JobId): Child {
    const parsed = parseJobId(job);
    const book = parsed === undefined ? undefined : this.#poller.book(parsed.id);
    return book === undefined || parsed === undefined || parsed.index >= book.size
      ? {}
      : { book, index: parsed.index };
  }
}

/** What a layer is made of. */
interface Parts {
  readonly api: BatchApi;
  readonly calls: AwsCalls;
  /** Those to CloudWatch. */
  readonly logCalls: AwsCalls;
  readonly store: Datastore;
  readonly closed: AbortController;
  readonly region: string;
  readonly context: LayerContext;
}

/** Where the API is, when it is not AWS's own. */
const endpointOf = (env: Readonly<Record<string, string | undefined>>): string =>
  env['AWS_ENDPOINT_URL_BATCH'] ?? env['AWS_ENDPOINT_URL'] ?? '';

/** Tasks run on what the engine runs on: its Node is theirs. */
const ownArchitecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
const ownPlatform = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64';
