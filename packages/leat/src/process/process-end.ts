/**
 * How a task's process ended → the status of its job. Pure. The step's own error is not known here: it is in the
 * attempt's manifest.
 */
import { constants } from 'node:os';
import type { JobStatus } from '../compute/compute-layer.ts';

/** How a process ended, and what was known about it. Times are milliseconds since the epoch. */
export interface ProcessEnd {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why the layer ended the process, when it did. */
  readonly ended?: 'timeout' | 'cancelled' | undefined;
  /** V8 said on stderr that its heap was exhausted. */
  readonly heapExhausted: boolean;
  /** The kernel has killed for lack of memory meanwhile. */
  readonly kernelOutOfMemory: boolean;
  readonly timeoutSeconds?: number | undefined;
}

type FailedStatus = Extract<JobStatus, { state: 'failed' }>;

/** Node's own code for an `await` at the top level that nothing settles. */
const neverAwaited = 13;

const crashes: Readonly<Record<string, string>> = {
  SIGSEGV: 'crashed with a segmentation fault (SIGSEGV): usually a native module, a .node file',
  SIGBUS: 'crashed with a bus error (SIGBUS): usually a native module, or a full disk or shared memory',
  SIGILL:
    'crashed on an instruction that this processor does not know (SIGILL): usually a native module built for another one',
  SIGFPE: 'crashed in arithmetic of a native module (SIGFPE)',
  SIGABRT: 'aborted (SIGABRT): a native module or Node itself gave up; its last words are in the log',
  SIGKILL: 'was killed (SIGKILL) by something outside Leat',
  SIGTERM: 'was asked to end (SIGTERM) by something outside Leat',
};

/** `128 + n` is how shells and container engines report a death by signal n. */
function signalOf({ code, signal }: ProcessEnd): string | undefined {
  if (signal !== undefined || code === undefined || code <= 128) return signal;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}

function failure(end: ProcessEnd, reason: FailedStatus['reason'], message: string): FailedStatus {
  const signal = signalOf(end);
  return {
    state: 'failed',
    reason,
    message,
    startedAt: end.startedAt,
    endedAt: end.endedAt,
    ...(end.code === undefined ? {} : { exitCode: end.code }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The final status of a job. */
export function statusOfEnd(end: ProcessEnd): JobStatus {
  const signal = signalOf(end);
  if (end.ended === 'timeout')
    return failure(end, 'timeout', `the task ran longer than its limit of ${end.timeoutSeconds ?? 0} s`);
  if (end.ended === 'cancelled') return failure(end, 'cancelled', 'the task was cancelled');
  if (end.code === 0) return { state: 'succeeded', startedAt: end.startedAt, endedAt: end.endedAt };
  if (end.heapExhausted)
    return failure(
      end,
      'out-of-memory',
      'the task ran out of memory: the heap of JavaScript reached its limit',
    );
  if (signal === 'SIGKILL' && end.kernelOutOfMemory) {
    return failure(end, 'out-of-memory', 'the task ran out of memory: the kernel killed it (SIGKILL)');
  }
  if (signal !== undefined)
    return failure(
      end,
      'exit',
      `the process of the task ${crashes[signal] ?? `was ended by the signal ${signal}`}`,
    );
  if (end.code === neverAwaited) {
    return failure(
      end,
      'exit',
      `the flow could not be loaded: it waits at its top level for what never comes (exit code ${neverAwaited})`,
    );
  }
  return failure(end, 'exit', `the process of the task ended with exit code ${end.code ?? 'unknown'}`);
}
