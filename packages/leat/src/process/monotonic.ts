/** Milliseconds on a clock that never jumps. Not `performance.now()`, whose first use loads modules for some milliseconds: these processes are short. */
export const monotonicMs = (): number => process.uptime() * 1000;
