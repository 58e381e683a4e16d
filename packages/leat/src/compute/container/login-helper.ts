/** A program that keeps logins, such as `docker-credential-pass`: it is told a registry on its input, and answers in JSON. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** How long it may think; it may ask its user. In milliseconds. */
const usualPatienceMs = 30_000;
/** What it has started may hold its output for ever, as an agent does that keeps a key: what it has said by then counts. In milliseconds. */
const lingerMs = 500;
/** In characters; a login is much less. */
const longestAnswer = 100_000;

/** Until when it is waited for. */
export interface HelperBounds {
  /** Nobody waits for it any more. */
  readonly signal: AbortSignal;
  /** In milliseconds, 30,000 unless told. */
  readonly patienceMs?: number;
}

/** What it has said, and how it has ended; `undefined`: by a signal. */
export interface HelperSaid {
  readonly text: string;
  readonly code: number | undefined;
}

/**
 * Asks it, and waits for nobody but itself: whoever has inherited its output does not count. It is killed when it takes too long.
 *
 * @throws Error when it cannot be started, takes too long, or is not waited for any more
 */
export async function askProgram(
  program: string,
  registry: string,
  { signal, patienceMs = usualPatienceMs }: HelperBounds,
): Promise<HelperSaid> {
  signal.throwIfAborted();
  const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const { stdin, stdout } = child;
  stdin.on('error', () => undefined);
  stdin.end(registry);
  const heard = hear(stdout);
  try {
    const code = await ended(child, AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]));
    await lingers(heard.over);
    return { text: heard.text(), code };
  } catch (error) {
    if (signal.aborted || (error as Error).name !== 'AbortError') throw error;
    throw new Error(`${program} did not answer within ${patienceMs / 1000} s`, { cause: error });
  } finally {
    child.kill('SIGKILL');
    stdout.destroy();
  }
}

/** Until there is no more to hear, or for a moment. A process that stood still meanwhile has yet to hear what was said by then. */
async function lingers(over: Promise<void>): Promise<void> {
  const heard = new AbortController();
  const patience = pause(lingerMs, undefined, { signal: heard.signal }).then(async () => nextTurn());
  await Promise.race([over, patience.catch(() => undefined)]);
  heard.abort();
}

async function ended(child: ChildProcess, signal: AbortSignal): Promise<number | undefined> {
  const [code] = (await once(child, 'exit', { signal })) as [number | null];
  return code ?? undefined;
}

/** Reads what it says; `over`: there is no more. */
function hear(stream: Readable): { readonly over: Promise<void>; readonly text: () => string } {
  let text = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (text.length > longestAnswer) stream.destroy();
  });
  const over = new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
  return { over, text: () => text };
}
