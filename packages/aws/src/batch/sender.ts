/**
 * Sends groups of attempts to Batch so that each gets there once: the intent is recorded, the work is stored, then the call is made. Where it
 * is not known whether a call was carried out, the queue is searched for the job's name before anything is sent again.
 */
import { isLeatError, LeatError } from 'leat';
import type { AttemptRequest, SubmitResult } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { BatchApi } from './api.ts';
import type { Group } from './arrays.ts';
import { type AwsCalls, UncertainCallError } from './aws-calls.ts';
import { messageOf } from './aws-errors.ts';
import { realTiming, type Timing } from './call-budget.ts';
import { type FoundIntent, recordIntent, type Intent } from './intents.ts';
import { JobBook } from './job-book.ts';
import { submitJobOf } from './job-spec.ts';
import type { ParsedOptions } from './options.ts';

/** What a sender needs. */
export interface SenderFacts {
  readonly api: Pick<BatchApi, 'submitJob' | 'jobsNamed' | 'terminateJob'>;
  readonly calls: Pick<AwsCalls, 'call'>;
  readonly store: Datastore;
  /** The definition of the jobs of a group, registered. */
  readonly definitionOf: (request: AttemptRequest) => Promise<string>;
  /** Told of a definition that Batch does not take any more. */
  readonly forgetDefinition: (definition: string) => void;
  /** Stores what the jobs are told; returns the variables by which they find it. */
  readonly storeWork: (group: Group) => Promise<Readonly<Record<string, string>>>;
  /** Aborted when the layer is closed. */
  readonly closed: AbortSignal;
  readonly timing?: Timing;
}

/** What became of a group. */
export type Sent = { readonly book: JobBook } | { readonly refused: string };

/** Batch may not show a job at once that it has just taken: looked for after each of these waits, in milliseconds. */
const looks = [1000, 4000, 10_000];

/** What was recorded so short a time ago may be on its way to where Batch lists it. In milliseconds. */
const youngMs = 60_000;

/** While it may be: looked for after these waits, and after the last of them again and again. In milliseconds. */
const youngLooks = { first: 1000, longest: 15_000 };

/** Times that a call may end uncertainly before the engine is told; it asks again. */
const mostUncertain = 4;

/** See the file's header. */
export class Sender {
  readonly #facts: SenderFacts;
  readonly #timing: Timing;
  /** Names of what this sender has recorded and surely not sent: nobody need wait for Batch to list it. */
  readonly #unsent = new Set<string>();

  constructor(facts: SenderFacts) {
    this.#facts = facts;
    this.#timing = facts.timing ?? realTiming;
  }

  /** @throws LeatError LAYER_FAILED, STORE_UNAVAILABLE: nothing is lost, and it may be sent again */
  async send(group: Group, signal?: AbortSignal): Promise<Sent> {
    const [first] = group.requests;
    if (first === undefined) throw new TypeError('a group without attempts');
    const { queue } = first.options as unknown as ParsedOptions;
    const tokens = group.requests.map(({ token }) => token);
    const intent: Intent = { version: 1, name: group.name, queue, tokens };
    try {
      const definition = await this.#facts.definitionOf(first);
      signal?.throwIfAborted();
      const isNew = await recordIntent(this.#facts.store, first.spec, intent);
      if (isNew) this.#unsent.add(intent.name);
      else {
        const there = await this.#look(intent, looks.slice(0, 1));
        if (there !== undefined) return { book: there };
      }
      const environment = await this.#facts.storeWork(group);
      return { book: await this.#submit(intent, { group, first, definition, environment }, signal) };
    } catch (error) {
      return this.#refusal(error, intent);
    }
  }

  /**
   * The job of an intent that was looked for in vain, and that another engine may have carried out just now: looked for until Batch must have
   * listed it, and no longer, whatever the clocks say. `undefined`, at once for an old one and for what this sender has held back: it was never
   * sent.
   */
  async awaitListed(intent: FoundIntent): Promise<JobBook | undefined> {
    if (this.#unsent.has(intent.name)) return undefined;
    const left = Math.min(youngMs, intent.recordedAt + youngMs - Date.now());
    const until = this.#timing.now() + left;
    for (
      let wait = youngLooks.first;
      this.#timing.now() < until;
      wait = Math.min(youngLooks.longest, wait * 2)
    ) {
      await this.#timing.wait(Math.min(wait, until - this.#timing.now()), this.#facts.closed);
      const there = await this.find(intent);
      if (there !== undefined) return there;
    }
    return undefined;
  }

  /** The job of an intent, when Batch has it. Of several the first one counts, and the others are ended. */
  async find(intent: Intent): Promise<JobBook | undefined> {
    const { api, calls } = this.#facts;
    const found = await calls.call({ what: 'ListJobs' }, async (signal) =>
      api.jobsNamed(intent.queue, intent.name, signal),
    );
    const [oldest, ...doubles] = found.toSorted((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0));
    for (const { jobId = '', status } of doubles) {
      if (status === 'SUCCEEDED' || status === 'FAILED') continue;
      await calls.call({ what: 'TerminateJob' }, async (signal) =>
        api.terminateJob(jobId, 'it was sent twice', signal),
      );
    }
    return oldest?.jobId === undefined ? undefined : bookOf(oldest.jobId, intent);
  }

  async #submit(intent: Intent, sending: Sending, signal: AbortSignal | undefined): Promise<JobBook> {
    const { api, calls } = this.#facts;
    const { group, first, definition, environment } = sending;
    const { options, spec, timeoutSeconds, chunk } = first;
    const request = submitJobOf({
      name: group.name,
      definition,
      options: options as unknown as ParsedOptions,
      size: group.requests.length,
      environment,
      of: spec,
      ...(timeoutSeconds === undefined
        ? {}
        : { timeoutSeconds: timeoutSeconds * Math.max(1, longestChunk(group, chunk)) }),
    });
    for (let uncertain = 1; ; uncertain += 1) {
      try {
        const id = await calls.call({ what: 'SubmitJob', once: true, signal }, async (limit) => {
          this.#unsent.delete(intent.name);
          return api.submitJob(request, limit);
        });
        return bookOf(id, intent);
      } catch (error) {
        if (!(error instanceof UncertainCallError)) throw this.#withoutDefinition(error, definition);
        const there = await this.#look(intent, looks);
        if (there !== undefined) return there;
        if (uncertain >= mostUncertain) throw unanswered(error);
      }
    }
  }

  /** A refusal may be for the definition: somebody has deregistered it. */
  #withoutDefinition(error: unknown, definition: string): unknown {
    if (/job ?definition/i.test(messageOf(error))) this.#facts.forgetDefinition(definition);
    return error;
  }

  async #look(intent: Intent, waits: readonly number[]): Promise<JobBook | undefined> {
    for (const wait of waits) {
      const there = await this.find(intent);
      if (there !== undefined) return there;
      await this.#timing.wait(wait, this.#facts.closed);
    }
    return this.find(intent);
  }

  /** What Batch will not take is refused for good, unless it is about the state of things and not about the job. */
  #refusal(error: unknown, { name }: Intent): Sent {
    if (isLeatError(error) || isAbort(error)) throw error;
    const message = messageOf(error);
    if (!(error instanceof Error) || !('$metadata' in error)) throw error;
    if (passing.test(message)) {
      this.#unsent.add(name);
      throw new LeatError('LAYER_FAILED', `Batch does not take the job now: ${message}`, { cause: error });
    }
    return { refused: `Batch refuses the job: ${message}` };
  }
}

interface Sending {
  readonly group: Group;
  readonly first: AttemptRequest;
  readonly definition: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Refusals that may be over the next time: a queue that is being changed, a definition that somebody has deregistered. */
const passing =
  /is not (?:in )?(?:ENABLED|VALID)|not in (?:an? )?(?:ENABLED|VALID)|INACTIVE|is being (?:updated|created)|limit exceeded/i;

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

const bookOf = (id: string, { tokens }: Intent): JobBook => new JobBook(id, tokens.length, tokens);

const longestChunk = ({ requests }: Group, first: AttemptRequest['chunk']): number =>
  requests.reduce(
    (most, { chunk }) => Math.max(most, chunk?.members.length ?? 1),
    first?.members.length ?? 1,
  );

function unanswered(cause: Error): LeatError {
  return new LeatError('LAYER_FAILED', `submitting jobs: AWS does not answer (${cause.message})`, {
    cause,
    details: { layer: 'batch', busy: true },
  });
}

/** The answers for the attempts of a group. */
export const resultsOf = ({ requests }: Group, sent: Sent): readonly SubmitResult[] =>
  requests.map(({ token }, index) =>
    'refused' in sent ? { token, refused: sent.refused } : { token, job: sent.book.idOf(index) },
  );
