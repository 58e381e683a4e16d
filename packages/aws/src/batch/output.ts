/** What a job printed: what its agent stored; of a job whose container died before it could store anything, what CloudWatch has. */
import { readOutput } from 'leat/agent';
import type { LogChunk } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { BatchApi } from './api.ts';

/** What is to be read. */
export interface OutputFacts {
  readonly store: Datastore;
  readonly api: Pick<BatchApi, 'logEvents'>;
  readonly signal: AbortSignal;
  /** Whether Batch has said that the job is over. */
  readonly isOver: () => boolean;
  /** Whether it failed, and the name of its log stream in CloudWatch, if it got one. */
  readonly failedStream: () => Promise<string | undefined>;
}

/** The output from its beginning; ends when the job has ended. */
export async function* outputOf(
  token: string,
  { store, api, signal, isOver, failedStream }: OutputFacts,
): AsyncGenerator<LogChunk, void, undefined> {
  let printed = false;
  for await (const chunk of readOutput(store, token, { signal, isOver })) {
    printed = true;
    yield chunk;
  }
  if (printed || signal.aborted) return;
  const stream = await failedStream();
  if (stream === undefined) return;
  yield* fromCloudWatch(api, stream, signal);
}

/** CloudWatch keeps both streams as one. It may be that nobody may read it, or that there is nothing: then there is no output. */
async function* fromCloudWatch(
  api: Pick<BatchApi, 'logEvents'>,
  stream: string,
  signal: AbortSignal,
): AsyncGenerator<LogChunk, void, undefined> {
  try {
    for await (const { text } of api.logEvents(stream, signal))
      yield { stream: 'stdout', bytes: Buffer.from(`${text}\n`) };
  } catch {
    // The fallback is no reason to fail: the task's end says what happened.
  }
}
