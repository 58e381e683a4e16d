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

/** Of a job that waits or runs. */
export function diagnoseWait(
  job: { readonly status: JobStatus; readonly demand: Demand; readonly overtaken: number },
  { machine, running, ahead }: Occupation,
): Diagnosis {
  if (job.status.state === 'running') return { cause: 'the task runs' };
  if (job.status.state === 'starting') {
    const { note = 'its process is being started' } = job.status;
    return { cause: `it has its place: ${note}` };
  }
  const busy = running.reduce((sum, { demand }) => sum + demand.cpu, 0);
  const state = `${running.length} running tasks use ${busy} of ${machine.cpu} cores; ${ahead} wait before it`;
  if (job.demand.alone)
    return {
      cause: `it asks for more than this machine has and runs alone: ${state}`,
      remedy: 'ask for less with @resources',
    };
  if (job.overtaken >= overtakeLimit)
    return { cause: `no smaller task goes ahead of it any more; it waits for its place: ${state}` };
  return {
    cause: `it waits for ${job.demand.cpu} cores, ${job.demand.memory} MB and ${job.demand.gpu} GPUs: ${state}`,
  };
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
  if (status.state !== 'failed') return { cause: 'the process of the task ended with exit code 0' };
  if (status.reason === 'out-of-memory') {
    const remedy =
      memory.origin === 'default'
        ? 'ask for more with @resources({ memory }), in MB'
        : `it had ${memory.value} MB: raise @resources({ memory })`;
    return { cause: status.message, remedy };
  }
  const remedy = remedies[status.reason] ?? usualRemedies[status.reason];
  return { cause: status.message, ...(remedy === undefined ? {} : { remedy }) };
}
