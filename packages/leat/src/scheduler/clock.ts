/** Time as the loop sees it: real in an engine, virtual in a simulation. */
export interface Clock {
  /** Milliseconds since the epoch: for what is written down. It may jump, forward or back, when somebody sets the clock. */
  now(): number;
  /** Milliseconds since some moment: for how long something took. It only grows, whatever the clock on the wall does. */
  steady(): number;
  /** Calls `fire` once after `ms`; returns what takes that back. */
  after(ms: number, fire: () => void): () => void;
}

/** Node's timers overflow above this, and would fire at once. */
const longestTimer = 2 ** 31 - 1;

/** The clock of this machine. Waits of any length are kept. */
export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(ms, fire) {
    const dueAt = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const rest = dueAt - performance.now();
      timer = rest > longestTimer ? setTimeout(arm, longestTimer) : setTimeout(fire, Math.max(0, rest));
    };
    arm();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after `ms`, or as soon as `signal` is aborted. Never rejects. */
export async function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
