/** The output of the layer's jobs, for whoever reads it: where it is read from, and what is kept for that when a job has failed. */
import type { JobId, JobStatus, LogChunk } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { BatchApi } from '../api.ts';
import type { AwsCalls } from '../aws-calls.ts';
import type { JobBook } from '../job-book.ts';
import type { EndedJob, Poller } from '../poller.ts';
import { type JobTry, mayBeCut, outputOf, triesOf } from './job-output.ts';

/** What is read with. */
export interface JobLogsFacts {
  readonly api: Pick<BatchApi, 'describeJobs' | 'logPage'>;
  /** For calls that nothing waits for but a log. */
  readonly calls: Pick<AwsCalls, 'call'>;
  readonly store: Datastore;
  readonly poller: Pick<Poller, 'isOver' | 'watch'>;
}

/** A busy CloudWatch is asked for so long, in milliseconds: a run waits no longer for what its tasks printed. */
const patienceMs = 10_000;

/** See the file's header. */
export class JobLogs {
  readonly #facts: JobLogsFacts;
  /** Of failed attempts: Batch's tries. */
  readonly #tries = new Map<string, readonly JobTry[]>();

  constructor(facts: JobLogsFacts) {
    this.#facts = facts;
  }

  /** A job has ended. What completes its output is known now: 10,000 that failed are not asked about once more. */
  ended({ token, detail }: EndedJob, status: JobStatus): void {
    if (mayBeCut(status) && token !== undefined && detail !== undefined)
      this.#tries.set(token, triesOf(detail));
  }

  /** Nobody will ask for it any more. */
  forget(token: string): void {
    this.#tries.delete(token);
  }

  /** The output of a child from its beginning, until it has ended. @param closed ends it at once */
  async *read(
    job: JobId,
    { book, index, token }: { readonly book: JobBook; readonly index: number; readonly token: string },
    closed: AbortSignal,
  ): AsyncGenerator<LogChunk, void, undefined> {
    const { api, calls, store, poller } = this.#facts;
    const read = new AbortController();
    const signal = AbortSignal.any([closed, read.signal]);
    void poller.watch(book.id, index, signal);
    try {
      yield* outputOf(token, {
        store,
        signal,
        isOver: () => poller.isOver(book.id, index),
        mayBeCut: () => mayBeCut(book.status(index)),
        tries: async () => this.#tries.get(token) ?? this.#askTries(job, signal),
        page: async (stream, from) =>
          calls.call({ what: 'GetLogEvents', signal, patienceMs }, async (limit) =>
            api.logPage(stream, from, limit),
          ),
      });
    } finally {
      read.abort();
    }
  }

  /** Of a job that goes on: Batch has started it again. */
  async #askTries(job: JobId, signal: AbortSignal): Promise<readonly JobTry[]> {
    const { api, calls } = this.#facts;
    const [detail] = await calls.call({ what: 'DescribeJobs', signal }, async (limit) =>
      api.describeJobs([job], limit),
    );
    return detail === undefined ? [] : triesOf(detail);
  }
}
