/**
 * What a job printed: what its agents stored, and of each execution that was killed together with its agent the end that it could not store any more, from
 * CloudWatch. An execution that Batch has started again is completed before the output of the next one.
 */
import { type EndRecord, type OutputChunk, readEnd, readExecution, readOutput } from 'leat/agent';
import type { JobStatus, LogChunk } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { JobDetail, LogPage } from '../api.ts';
import { realTiming, type Timing } from '../call-budget.ts';
import { linesOf, settleMs } from './log-stream.ts';
import { unstoredLines } from './unstored-lines.ts';

/** A try of Batch to run a job. */
export interface JobTry {
  /** The name of its stream in CloudWatch, if it got one. */
  readonly stream: string | undefined;
  /** Milliseconds since the epoch. */
  readonly stoppedAt: number | undefined;
}

/** What Batch tells of a job's tries; of one that it has not counted yet, the job's own stream. */
export function triesOf({ attempts = [], container, stoppedAt }: TriedJob): readonly JobTry[] {
  if (attempts.length > 0)
    return attempts.map((one) => ({ stream: one.container?.logStreamName, stoppedAt: one.stoppedAt }));
  return container?.logStreamName === undefined ? [] : [{ stream: container.logStreamName, stoppedAt }];
}

type TriedJob = Partial<Pick<JobDetail, 'attempts' | 'container' | 'stoppedAt'>>;

/** Whether a job may have ended before its agent had stored all: not where it ended well, nor where it was cancelled, which its agent hears of. */
export const mayBeCut = (status: JobStatus): boolean =>
  status.state === 'failed' && status.reason !== 'cancelled';

/** What is to be read. */
export interface OutputFacts {
  readonly store: Datastore;
  readonly signal: AbortSignal;
  /** Whether Batch has said that the job is over. */
  readonly isOver: () => boolean;
  /** Whether it ended in a way that may have kept its agent from storing the last of its output. */
  readonly mayBeCut: () => boolean;
  /** What Batch knows of its tries, in order. */
  readonly tries: () => Promise<readonly JobTry[]>;
  readonly page: (stream: string, from: string | undefined) => Promise<LogPage>;
  readonly timing?: Timing;
}

/** The output from its beginning; ends when the job has ended. */
export async function* outputOf(
  token: string,
  facts: OutputFacts,
): AsyncGenerator<LogChunk, void, undefined> {
  const { store, signal, isOver } = facts;
  const completed = new CompletedTries(token, facts);
  for await (const chunk of readOutput(store, token, { signal, isOver })) {
    yield* completed.before(chunk);
    yield chunk;
  }
  if (signal.aborted || !facts.mayBeCut()) return;
  yield* completed.rest(await readEnd(store, token));
}

/** Which tries are known to be whole, and the ends of those that are not. */
class CompletedTries {
  readonly #token: string;
  readonly #facts: OutputFacts;
  /** Tries that nothing more will come of, from the first. */
  #whole = 0;
  /** The execution that is being read, and which try it is. */
  #execution: string | undefined;
  #try: number | undefined;

  constructor(token: string, facts: OutputFacts) {
    this.#token = token;
    this.#facts = facts;
  }

  /** The ends of the tries before the one that has printed this. */
  async *before({ execution, try: which }: OutputChunk): AsyncGenerator<LogChunk, void, undefined> {
    if (execution === this.#execution) return;
    const number = numberOf(which);
    if (number !== undefined && number > this.#whole + 1) {
      yield* this.#complete(number - 1);
      yield paced('live');
    }
    this.#execution = execution;
    this.#try = number;
  }

  /** The ends of all others, but for the one that has left a record of its end, and so all that it printed. */
  async *rest(end: EndRecord | undefined): AsyncGenerator<LogChunk, void, undefined> {
    // Who was told to stop may have been started again, and have died without a record.
    if (end !== undefined && end.stopped === undefined) return;
    if (end !== undefined) this.#whole = Math.max(this.#whole, numberOf(end.try) ?? Number.POSITIVE_INFINITY);
    yield* this.#complete(Number.POSITIVE_INFINITY);
  }

  /** CloudWatch is a help, and none of it is no reason to fail: how the task ended says what happened. */
  async *#complete(last: number): AsyncGenerator<LogChunk, void, undefined> {
    yield paced('late');
    try {
      const tries = await this.#facts.tries();
      for (; this.#whole < Math.min(last, tries.length); this.#whole += 1)
        yield* this.#endOf(this.#whole + 1, tries[this.#whole]);
    } catch {
      this.#whole = Math.max(this.#whole, Number.isFinite(last) ? last : 0);
    }
  }

  async *#endOf(number: number, known: JobTry | undefined): AsyncGenerator<LogChunk, void, undefined> {
    const { store, signal, page, timing = realTiming } = this.#facts;
    if (known?.stream === undefined) return;
    const { stream, stoppedAt = Date.now() } = known;
    const settledInMs = Math.min(settleMs, stoppedAt + settleMs - Date.now());
    const lines = linesOf({ page: async (from) => page(stream, from), settledInMs, timing, signal });
    const execution = (this.#try ?? number) === number ? this.#execution : undefined;
    const stored = execution === undefined ? nothing() : readExecution(store, this.#token, execution);
    yield* unstoredLines(stored, lines);
  }
}

/** CloudWatch is asked seldom, and seconds after an end. */
const paced = (pace: 'late' | 'live'): LogChunk => ({ stream: 'stdout', bytes: new Uint8Array(), pace });

/** Batch counts its tries from 1. */
function numberOf(which: string | undefined): number | undefined {
  const number = Number(which);
  return which !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

async function* nothing(): AsyncGenerator<never> {
  // A try that has stored nothing.
}
