/** The end of a container that has to end. */
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineApi } from './api.ts';

/** Between two tries, in milliseconds: from the first to the longest, 7 minutes in all; and how many there are. */
const patience = { firstMs: 250, longestMs: 30_000, tries: 20 };

const rested = async (ms: number): Promise<void> => pause(ms, undefined, { ref: false });

/**
 * Kills a container, again until the engine says that it does not run: a kill that the engine has lost or answered with an error must not
 * leave a task that goes on past its time. Gives up after some minutes: then it is removed with all that the engine of Leat leaves.
 *
 * @param over aborted when its end is known
 */
export async function killUntilGone(
  api: Pick<EngineApi, 'kill' | 'inspect'>,
  id: string,
  over: AbortSignal,
  rest: (ms: number) => Promise<void> = rested,
): Promise<void> {
  let waitMs = patience.firstMs;
  for (let tries = 0; tries < patience.tries && !over.aborted; tries += 1) {
    // What it says matters less than what became of the container.
    await api.kill(id, 'SIGKILL').catch(() => undefined);
    await rest(waitMs * (0.75 + Math.random() / 4));
    waitMs = Math.min(patience.longestMs, waitMs * 2);
    if (over.aborted || !(await mayRun(api, id))) return;
  }
}

/** Also when the engine does not answer: it may be back in a moment. */
async function mayRun(api: Pick<EngineApi, 'inspect'>, id: string): Promise<boolean> {
  try {
    return (await api.inspect(id))?.Running === true;
  } catch {
    return true;
  }
}
