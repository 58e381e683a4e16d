/** Why a job waits or died, and what to do about it. Pure. */
import type { ResolvedResources } from '../../plan/plan.ts';
import type { Diagnosis, JobFailureReason, JobStatus } from '../compute-layer.ts';
import { type Demand, type Machine, overtakeLimit, type Placed } from './placement.ts';

/** What the machine is busy with. */
export interface Occupation {
  readonly machine: Machine;
  readonly running: readonly Placed[];
  /** Jobs that came before this one and still wait; negative when it does not wait. */
  readonly ahead: number;
}

/**
 * Of a job that waits or runs. The cause stays the same for as long as the job waits for the same thing, so that whoever tells causes
 * tells it once; what changes meanwhile is evidence.
 */
export function diagnoseWait(
  job: { readonly status: JobStatus; readonly demand: Demand; readonly overtaken: number },
  occupation: Occupation,
): Diagnosis {
  if (job.status.state === 'running') return { kind: 'running', cause: 'the task runs' };
  if (job.status.state === 'starting') {
    const { note } = job.status;
    return note === undefined
      ? { kind: 'on-its-way', cause: 'it has its place: its process is being started' }
      : { kind: 'on-its-way', cause: 'it has its place, and is being made ready', evidence: [note] };
  }
  const waiting = { kind: 'waiting', evidence: evidenceOf(occupation) } as const;
  if (job.demand.alone)
    return {
      ...waiting,
      cause: 'it asks for more than this machine has and runs alone, when all others have ended',
      remedy: 'ask for less with @resources',
    };
  if (job.overtaken >= overtakeLimit)
    return { ...waiting, cause: 'it waits for its place; no smaller task goes ahead of it any more' };
  const { cpu, memory, gpu } = job.demand;
  return { ...waiting, cause: `it waits for ${cpu} cores, ${memory} MB and ${gpu} GPUs of this machine` };
}

function evidenceOf({ machine, running, ahead }: Occupation): readonly string[] {
  const busy = running.reduce((sum, { demand }) => sum + demand.cpu, 0);
  return [
    `${running.length} running tasks use ${busy} of ${machine.cpu} cores`,
    `${Math.max(0, ahead)} tasks wait before it`,
  ];
}

/** What can be done about a failure. */
export type Remedies = Readonly<Partial<Record<JobFailureReason, string>>>;

const usualRemedies: Remedies = {
  timeout: 'raise @timeout, or make the step faster',
  exit: 'the last lines of the log usually say why',
};

/** Of a job that has ended. `remedies`: those that only its layer knows. */
export function diagnoseEnd(
  status: JobStatus,
  { memory }: ResolvedResources,
  remedies: Remedies = {},
): Diagnosis {
  if (status.state !== 'failed')
    return { kind: 'ended', cause: 'the process of the task ended with exit code 0' };
  if (status.reason === 'out-of-memory') {
    const remedy =
      memory.origin === 'default'
        ? 'ask for more with @resources({ memory }), in MB'
        : `it had ${memory.value} MB: raise @resources({ memory })`;
    return { kind: 'ended', cause: status.message, remedy };
  }
  const remedy = remedies[status.reason] ?? usualRemedies[status.reason];
  return { kind: 'ended', cause: status.message, ...(remedy === undefined ? {} : { remedy }) };
}
