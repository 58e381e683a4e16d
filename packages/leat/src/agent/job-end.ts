/** How a job's process ended → the status that its record tells. Pure. */
import { constants } from 'node:os';
import { statusOfEnd } from '../process/process-end.ts';
import type { EndRecord } from './end-record.ts';

/** How a process ended; `error` when it never started. */
export interface ExitFacts {
  readonly code?: number;
  readonly signal?: string;
  readonly error?: Error;
}

/** What was known of it. Times are milliseconds since the epoch. */
export interface KnownOfJob {
  readonly startedAt: number;
  readonly endedAt: number;
  /** Its limit, when it was ended for having used that up. */
  readonly timeoutSeconds: number | undefined;
  /** V8 said on stderr that its heap was exhausted. */
  readonly heapExhausted: boolean;
  /** The kernel has killed for lack of memory meanwhile, and nobody else has killed. */
  readonly killedForMemory: boolean;
  /** Of a chunk: the member that began last. */
  readonly member: number | undefined;
}

/** How a job's process ended. */
export interface JobEnd {
  readonly status: EndRecord['status'];
  /** What the agent exits with: the process's own code, or 128 and its signal. */
  readonly exitCode: number;
}

/** The end of a job whose process ended so. */
export function endOfJob({ error, code, signal }: ExitFacts, known: KnownOfJob): JobEnd {
  const { member, timeoutSeconds, killedForMemory, heapExhausted, ...times } = known;
  if (error !== undefined) {
    const message = `the process of the task could not be started: ${error.message}`;
    const { endedAt } = times;
    return { status: { state: 'failed', reason: 'start-failed', message, endedAt }, exitCode: 1 };
  }
  const status = statusOfEnd({
    ...times,
    code,
    signal,
    timeoutSeconds,
    ended: timeoutSeconds === undefined ? undefined : 'timeout',
    heapExhausted: heapExhausted && (signal === 'SIGABRT' || code === 134),
    kernelOutOfMemory: killedForMemory && signal === 'SIGKILL',
  }) as EndRecord['status'];
  const number = constants.signals[signal as NodeJS.Signals] as number | undefined;
  return {
    status: member === undefined ? status : { ...status, member },
    exitCode: code ?? 128 + (number ?? 0),
  };
}

/** The end of a job that was told to stop meanwhile. Why is for its layer to say. */
export function endOfStopped(end: JobEnd, signal: string): JobEnd {
  const { status } = end;
  if (status.state === 'succeeded' || status.reason === 'timeout' || status.reason === 'start-failed')
    return end;
  const message = `its platform told the task to stop (${signal})`;
  return { ...end, status: { ...status, reason: 'interrupted', message } };
}
