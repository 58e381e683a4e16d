/** The end of a container that has to end. */
import { setTimeout } from 'node:timers/promises';
import type { EngineApi } from './api.ts';
import type { Rest } from './end-watch.ts';
import { isRunning } from './job-status.ts';
import { waits } from './waits.ts';

/** Nobody waits for it: the process may end meanwhile, and then what is left is removed otherwise. */
const rested: Rest = async (ms) => setTimeout(ms, undefined, { ref: false });

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
  rest: Rest = rested,
): Promise<void> {
  for (const waitMs of waits()) {
    if (over.aborted) return;
    // What it says matters less than what became of the container.
    await api.kill(id, 'SIGKILL').catch(() => undefined);
    await rest(waitMs);
    if (over.aborted || !(await mayRun(api, id))) return;
  }
}

/**
 * Removes a container, running or not, again for as long as the engine answers with an error or not at all: one that was given up while nobody
 * answered may run beside the next attempt of its task.
 *
 * @param over aborted when somebody else will remove it
 */
export async function removeUntilGone(
  api: Pick<EngineApi, 'remove'>,
  id: string,
  over: AbortSignal,
  rest: Rest = rested,
): Promise<void> {
  for (const waitMs of waits(Number.POSITIVE_INFINITY)) {
    if (over.aborted || (await isRemoved(api, id))) return;
    await rest(waitMs);
  }
}

/** Tries it once. */
export const isRemoved = async (api: Pick<EngineApi, 'remove'>, id: string): Promise<boolean> =>
  api.remove(id).then(
    () => true,
    () => false,
  );

/** Also when the engine does not answer: it may be back in a moment. */
async function mayRun(api: Pick<EngineApi, 'inspect'>, id: string): Promise<boolean> {
  try {
    return isRunning(await api.inspect(id));
  } catch {
    return true;
  }
}
