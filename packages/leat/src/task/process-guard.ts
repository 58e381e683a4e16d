/**
 * What may end a step besides its own promise: an exception in a callback, a rejection that nobody handles, `process.exit()`,
 * and an event loop with nothing left in it. Each ends in a failure that says so.
 */
import type { FailureRecord } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';
import { failureOf, type OriginOf } from './failure-record.ts';

/** Frames that are looked through for the user's call of `process.exit()`. */
const framesOfExit = 50;

export interface ProcessGuard {
  /** Rejects when the step can no longer end by itself. */
  readonly interrupted: Promise<never>;
  /** The step was interrupted: the process is not to be trusted with another one. */
  readonly tripped: boolean;
  /** The task is decided: whatever happens now changes nothing. */
  readonly release: () => void;
  /** Another task of the step begins. */
  readonly renew: () => void;
}

/** A promise that only rejects. Without a task that races it (yet), it is no error that nobody handles. */
function interruption(): Pick<PromiseWithResolvers<never>, 'promise' | 'reject'> {
  const made = Promise.withResolvers<never>();
  made.promise.catch(() => undefined);
  return made;
}

/** Guards this process while `step` runs. `exited` is told, synchronously, when somebody calls `process.exit()`. */
export function guardProcess(
  step: string,
  originOf: OriginOf,
  exited: (failure: FailureRecord) => void,
): ProcessGuard {
  let current = interruption();
  let tripped = false;
  let released = false;
  const interrupt = (reason: unknown): void => {
    tripped = true;
    current.reject(reason);
  };
  // A listener of the user's means that he deals with it himself; Node then does not end the process, and nor do we.
  const onException = (error: unknown): void => {
    if (process.listenerCount('uncaughtException') === 1) interrupt(error);
  };
  const onIdle = (): void => interrupt(neverSettled(step));
  const onExit = (code: number): void => {
    if (released) return;
    released = true;
    exited(exitFailure(step, code, originOf));
    // Whoever looks at the exit code alone must not take it for a success.
    if (code === 0) process.exitCode = 1;
  };
  process.on('uncaughtException', onException);
  process.on('beforeExit', onIdle);
  process.on('exit', onExit);
  return {
    get interrupted() {
      return current.promise;
    },
    get tripped() {
      return tripped;
    },
    release: () => {
      released = true;
    },
    renew: () => {
      released = false;
      current = interruption();
    },
  };
}

function neverSettled(step: string): LeatError {
  return new LeatError(
    'TASK_FAILED',
    `step '${step}' never ended: it waits for a promise that nothing is left to settle`,
    {
      hint: 'Look for a promise whose resolve is never called, a stream that never ends, or an awaited callback that never comes.',
      details: { step },
    },
  );
}

function exitFailure(step: string, code: number, originOf: OriginOf): FailureRecord {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = framesOfExit;
  const error = new Error(`step '${step}' called process.exit(${code}) before it had ended`);
  const { type: _error, ...failure } = failureOf(error, originOf);
  Error.stackTraceLimit = stackTraceLimit;
  const hint = 'Let the step return, or throw an error: what a step sets is stored when it has ended.';
  return { ...failure, reason: 'exit', type: 'exit', exitCode: code, hint };
}
