/** Calls after so many milliseconds; what it returns calls that off. Replaced in tests. */
export type After = (ms: number, call: () => void) => () => void;

/** The longest time that a timer takes, in milliseconds. */
const longestMs = 2 ** 31 - 1;

/** By the clock; keeps no process alive. */
export const soon: After = (ms, call) => {
  const timer = setTimeout(call, Math.min(ms, longestMs));
  timer.unref();
  return () => clearTimeout(timer);
};
