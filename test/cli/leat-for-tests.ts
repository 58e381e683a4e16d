/** The command line for tests: begun before them, and gone after them with all that it has started. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Leat } from './leat.ts';

/** Called with a new one, which it keeps and furnishes. */
type Begin = (own: Leat) => void | Promise<void>;

/** One for each test of the file, or of the `describe` in which this is called. */
export function leatForEachTest(begin: Begin, env: NodeJS.ProcessEnv = {}): void {
  let leat: Leat;
  beforeEach(async () => {
    leat = new Leat(env);
    await begin(leat);
  });
  afterEach(async () => end(leat));
}

/** One for all of them. */
export function leatForAllTests(
  begin: Begin,
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
): void {
  let leat: Leat;
  beforeAll(async () => {
    leat = new Leat(env, launcher);
    await begin(leat);
  });
  afterAll(async () => end(leat));
}

async function end(leat: Leat): Promise<void> {
  try {
    await leat.noneLeft();
  } finally {
    leat.dispose();
  }
}
