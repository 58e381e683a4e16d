/** The lines of a stream of CloudWatch, to its end, in bounded memory. What a container printed last comes there some seconds after its death. */
import type { LogPage } from '../api.ts';
import type { Timing } from '../call-budget.ts';

/** The agent of ECS hands over what it has read each 5 seconds, and at once when a container has ended. After the end of a job, in milliseconds. */
export const settleMs = 6000;

/** Between two looks at a stream that has no more for now. In milliseconds. */
const lookMs = 1500;

/** How a stream is read. */
export interface StreamReading {
  /** A page of it; see {@link LogPage}. */
  readonly page: (from: string | undefined) => Promise<LogPage>;
  /** What is there after so long is all there will be. In milliseconds, from now. */
  readonly settledInMs: number;
  readonly timing: Timing;
  readonly signal: AbortSignal;
}

/** See the file's header. A stream that is not there has no lines. @throws what CloudWatch says when it may not be asked */
export async function* linesOf({
  page,
  settledInMs,
  timing,
  signal,
}: StreamReading): AsyncGenerator<string, void, undefined> {
  const settledAt = timing.now() + settledInMs;
  let from: string | undefined;
  while (!signal.aborted) {
    // Asked before the look: what came by then is in it.
    const left = settledAt - timing.now();
    const { lines, next } = await pageOrNone(page, from);
    yield* lines;
    const more = next !== undefined && next !== from;
    from = next ?? from;
    if (more) continue;
    if (left <= 0) return;
    await timing.wait(Math.min(lookMs, left), signal);
  }
}

async function pageOrNone(page: StreamReading['page'], from: string | undefined): Promise<LogPage> {
  try {
    return await page(from);
  } catch (error) {
    // Its first line has not come yet, or never will.
    if (error instanceof Error && error.name === 'ResourceNotFoundException')
      return { lines: [], next: from };
    throw error;
  }
}
