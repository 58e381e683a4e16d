/** How a job ended: what Batch says, and what the agent in its container left. Pure, but for reading that. */
import { agentExits, type EndRecord, explainAgentExit, hasPrinted, readEnd } from 'leat/agent';
import type { JobStatus } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import type { JobDetail } from './api.ts';
import type { EndedJob } from './poller.ts';

type Failed = Extract<JobStatus, { state: 'failed' }>;

/**
 * The last status of a job, better than Batch knows it. A job that Batch has seen succeed has; what the agent left is read of the others
 * only, so that 10,000 jobs that end well take no reads.
 *
 * @throws LeatError STORE_UNAVAILABLE, STORE_CORRUPT
 */
export async function settleEnd(store: Datastore, { token, status, detail }: EndedJob): Promise<JobStatus> {
  if (token === undefined || status.state !== 'failed') return status;
  // Of none Batch tells nothing, which is no number of tries.
  const tries = detail?.attempts?.length || undefined;
  const record = await readEnd(store, token);
  // Batch's limit counts the start of the container, the task's does not. An agent whose task had begun had time to leave a record when it was told to stop; one that
  // could not may have stored what was printed.
  const unsure = status.reason === 'timeout' && (record === undefined || isOutdated(record, tries));
  if (unsure && !(await hasPrinted(store, token, tries?.toString()))) return neverBegun(status);
  return expiredOf(endOf(status, record, tries), detail);
}

const neverBegun = (status: Failed): Failed => ({
  ...status,
  reason: 'start-failed',
  message: `Batch ended it before its task began: ${status.message}`,
});

/**
 * A job that waited for its place, or for its last one, for longer than any link is sure to hold, and whose link the datastore then called
 * expired. One that has expired sooner is another matter, a clock say, and is tried again as often as other starts and no more.
 */
export function expiredOf(
  status: JobStatus,
  detail: Partial<Pick<JobDetail, 'createdAt' | 'startedAt'>> | undefined,
): JobStatus {
  const { createdAt, startedAt } = detail ?? {};
  if (status.state !== 'failed' || status.reason !== 'start-failed') return status;
  if (status.exitCode !== agentExits.linkExpired || createdAt === undefined || startedAt === undefined)
    return status;
  return startedAt - createdAt < surelyMs ? status : { ...status, expired: true };
}

/** Whether a job could not get what its links lead to: it may be gone. */
export const isWithoutTools = (status: JobStatus): boolean =>
  status.state === 'failed' &&
  status.reason === 'start-failed' &&
  (status.exitCode === agentExits.linkRefused || status.exitCode === agentExits.linkExpired);

/** Credentials are renewed five minutes before they end, and links are signed when the job is sent: they hold for as long at least. */
const surelyMs = 5 * 60_000;

/**
 * What of both is told. Batch knows what befell the machine and whether the container was ended; the agent knows how the task's process
 * ended, and which member of a chunk it was at.
 *
 * @param tries of Batch itself; a record of an earlier one says nothing of how the last one ended
 */
export function endOf(status: Failed, record: EndRecord | undefined, tries: number | undefined): JobStatus {
  if (record === undefined || isOutdated(record, tries)) return withoutTask(status);
  const { status: task } = record;
  if (task.state === 'succeeded') return { ...status, startedAt: task.startedAt };
  const known = {
    ...(task.startedAt === undefined ? {} : { startedAt: task.startedAt }),
    ...(task.member === undefined ? {} : { member: task.member }),
  };
  // What the platform did to it is why it ended, whatever the process made of its SIGTERM.
  if (platformKnows.has(status.reason)) return { ...status, ...known };
  const isCut = status.reason === 'timeout' && task.reason !== 'timeout' && record.stopped !== undefined;
  return isCut ? { ...cutShort(status, task.startedAt), ...known } : task;
}

/** The agent keeps the task's time, and had not ended it yet: what the container took to become ready went off it, and that is not the user's to pay. */
function cutShort(status: Failed, taskAt: number | undefined): Failed {
  const { startedAt } = status;
  const late =
    startedAt === undefined || taskAt === undefined
      ? ''
      : `: its task began ${Math.round(Math.max(0, taskAt - startedAt) / 1000)} s after its container`;
  return { ...status, reason: 'interrupted', message: `Batch ended it before its own time was up${late}` };
}

const platformKnows: ReadonlySet<string> = new Set(['interrupted', 'cancelled', 'out-of-memory']);

const isOutdated = ({ try: which }: EndRecord, tries: number | undefined): boolean =>
  which !== undefined && tries !== undefined && Number(which) < tries;

/** No task has ended there: it never began, or was killed together with its container. */
function withoutTask(status: Failed): Failed {
  const { exitCode, reason } = status;
  const told = exitCode === undefined || reason !== 'exit' ? undefined : explainAgentExit(exitCode);
  if (told !== undefined) {
    const { message, hint, permanent } = told;
    return {
      ...status,
      reason: 'start-failed',
      message: `${message}. ${hint}`,
      ...(permanent ? { permanent } : {}),
    };
  }
  if (exitCode === killed && reason === 'exit') return { ...status, signal: 'SIGKILL' };
  return status;
}

/** 128 and the number of SIGKILL. */
const killed = 137;
