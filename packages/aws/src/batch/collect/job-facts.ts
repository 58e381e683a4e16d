import type { JobFacts, OtherJob } from '../../diagnose/facts.ts';
import type { JobDetail } from '../api.ts';
import { defined } from './environment-facts.ts';

/** What Batch says of a job, as the diagnosis takes it. */
export function jobFacts(job: Partial<JobDetail>): JobFacts {
  return {
    id: job.jobId ?? '',
    name: job.jobName ?? '',
    state: job.status ?? 'SUBMITTED',
    ...shapeOf(job),
    ...historyOf(job),
    ...definitionOf(job),
    ...endOf(job),
  };
}

const historyOf = (job: Partial<JobDetail>) =>
  defined({
    statusReason: job.statusReason,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    stoppedAt: job.stoppedAt,
    shareIdentifier: job.shareIdentifier,
    schedulingPriority: job.schedulingPriority,
    nodes: job.nodeProperties?.numNodes,
    arraySize: job.arrayProperties?.size,
    dependsOn: job.dependsOn?.flatMap(({ jobId: id }) => (id === undefined ? [] : [{ id }])),
  });

const definitionOf = (job: Partial<JobDetail>) => {
  const { container, platformCapabilities } = job;
  return defined({
    platform: platformCapabilities?.[0],
    image: container?.image,
    jobRole: container?.jobRoleArn,
    executionRole: container?.executionRoleArn,
    assignPublicIp: publicIpOf(job),
    architecture: container?.runtimePlatform?.cpuArchitecture,
    logDriver: container?.logConfiguration?.logDriver,
    secrets: container?.secrets?.flatMap(({ valueFrom }) => valueFrom ?? []),
  });
};

/** Of the last try. */
const endOf = ({ attempts = [], container }: Partial<JobDetail>) => {
  const last = attempts.at(-1)?.container;
  return defined({
    exitCode: last?.exitCode ?? container?.exitCode,
    containerReason: last?.reason ?? container?.reason,
    logStream: last?.logStreamName ?? container?.logStreamName,
  });
};

/** The same of a job that is only in the way. */
export function otherJob(job: Partial<JobDetail>): OtherJob {
  const { jobId = '', jobName, statusReason, createdAt } = job;
  return { id: jobId, ...shapeOf(job), ...defined({ name: jobName, statusReason, since: createdAt }) };
}

function shapeOf({ container }: Partial<JobDetail>): Pick<JobFacts, 'vcpus' | 'memoryMib' | 'gpus'> {
  const requirement = (type: string): number | undefined => {
    const value = container?.resourceRequirements?.find((each) => each.type === type)?.value;
    return value === undefined ? undefined : Number(value);
  };
  return defined({
    vcpus: requirement('VCPU') ?? container?.vcpus,
    memoryMib: requirement('MEMORY') ?? container?.memory,
    gpus: requirement('GPU'),
  });
}

function publicIpOf({ container }: Partial<JobDetail>): boolean | undefined {
  const said = container?.networkConfiguration?.assignPublicIp;
  return said === undefined ? undefined : said === 'ENABLED';
}
