/**
 * The sliver of AWS's SDK that the layer uses, and the only file that imports it. One attempt for each call: what is repeated, and when, is
 * decided in `aws-calls.ts`. Clients are made when they are first needed, since most runs need two of them.
 */
import {
  BatchClient,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  GetJobQueueSnapshotCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionRequest,
  SubmitJobCommand,
  type SubmitJobRequest,
  TerminateJobCommand,
  paginateDescribeJobQueues,
  paginateListJobs,
  type ComputeEnvironmentDetail,
  type JobDetail,
  type JobQueueDetail,
  type JobStatus,
  type JobSummary,
} from '@aws-sdk/client-batch';

export type {
  ComputeEnvironmentDetail,
  ContainerProperties,
  JobDetail,
  JobQueueDetail,
  JobSummary,
  KeyValuePair,
  LinuxParameters,
  MountPoint,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
  Volume,
} from '@aws-sdk/client-batch';

/** Longest time that one attempt of a call may take, in milliseconds. */
export const callLimitMs = 20_000;

/** Some lines of a stream of CloudWatch, oldest first. */
export interface LogPage {
  readonly lines: readonly string[];
  /** What the next page is asked for with; the same as was asked with: there is no more now. */
  readonly next: string | undefined;
}

/** How often calls are tried by the SDK itself, and how long one try may take: once and no limit of its own, unless told. */
export interface BatchApiSetting {
  readonly maxAttempts?: number;
  readonly requestHandler?: { readonly requestTimeout: number; readonly connectionTimeout: number };
}

/** What the layer asks of Batch. Every call takes a signal and fails with the SDK's own error. */
export interface BatchApi {
  /** The region that is asked. */
  region(): Promise<string>;
  submitJob(request: SubmitJobRequest, signal: AbortSignal): Promise<string>;
  /** At most 100 ids. Jobs that Batch does not know are missing from the answer. */
  describeJobs(ids: readonly string[], signal: AbortSignal): Promise<readonly JobDetail[]>;
  terminateJob(id: string, reason: string, signal: AbortSignal): Promise<void>;
  /** Jobs of a queue by their name, the newest first, whatever their state. */
  jobsNamed(queue: string, name: string, signal: AbortSignal): Promise<readonly JobSummary[]>;
  /** `name:revision` of the active definition of that name, if there is one. */
  activeDefinition(name: string, signal: AbortSignal): Promise<string | undefined>;
  /** Registers and returns `name:revision`. */
  registerDefinition(request: RegisterJobDefinitionRequest, signal: AbortSignal): Promise<string>;
  queue(name: string, signal: AbortSignal): Promise<JobQueueDetail | undefined>;
  environments(names: readonly string[], signal: AbortSignal): Promise<readonly ComputeEnvironmentDetail[]>;
  /** The first RUNNABLE jobs of a queue, in the order of dispatch; at most 100. */
  queueOrder(name: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Names of all queues, in order. */
  queueNames(signal: AbortSignal): Promise<readonly string[]>;
  /** Ids of a queue's jobs in a state, the newest first; at most `most`. */
  jobsInState(
    queue: string,
    state: JobStatus,
    limits: { most: number; signal: AbortSignal },
  ): Promise<readonly string[]>;
  /** What a job's container printed, as CloudWatch has it: from its beginning, or from the `next` of an earlier page. */
  logPage(stream: string, from: string | undefined, signal: AbortSignal): Promise<LogPage>;
  close(): void;
}

/** The log group of Batch's jobs, unless a definition says otherwise. */
const logGroup = '/aws/batch/job';

/** Batch, as the environment of this process says: region, endpoint and credentials as for every program of AWS. */
export function openBatchApi({ maxAttempts = 1, requestHandler }: BatchApiSetting = {}): BatchApi {
  const setting = { maxAttempts, ...(requestHandler === undefined ? {} : { requestHandler }) };
  const client = new BatchClient(setting);
  const logs = once(async () => {
    const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
    return new CloudWatchLogsClient(setting);
  });
  return {
    region: async () => client.config.region(),
    ...jobCalls(client),
    ...definitionCalls(client),
    ...queueCalls(client),
    logPage: async (logStreamName, from, abortSignal) => {
      const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
      const position = { startFromHead: true, ...(from === undefined ? {} : { nextToken: from }) };
      const command = new GetLogEventsCommand({ logGroupName: logGroup, logStreamName, ...position });
      const { events = [], nextForwardToken } = await (await logs.get()).send(command, { abortSignal });
      return { lines: events.map(({ message = '' }) => message), next: nextForwardToken };
    },
    close: () => {
      client.destroy();
      logs.end();
    },
  };
}

const jobCalls = (
  client: BatchClient,
): Pick<BatchApi, 'submitJob' | 'describeJobs' | 'terminateJob' | 'jobsNamed' | 'jobsInState'> => ({
  submitJob: async (request, abortSignal) => {
    const { jobId } = await client.send(new SubmitJobCommand(request), { abortSignal });
    return required(jobId, 'jobId');
  },
  describeJobs: async (ids, abortSignal) => {
    const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [...ids] }), { abortSignal });
    return jobs;
  },
  terminateJob: async (jobId, reason, abortSignal) => {
    await client.send(new TerminateJobCommand({ jobId, reason }), { abortSignal });
  },
  jobsNamed: async (jobQueue, name, abortSignal) => {
    const found: JobSummary[] = [];
    let nextToken: string | undefined;
    do {
      const filters = [{ name: 'JOB_NAME', values: [name] }];
      const command = new ListJobsCommand({ jobQueue, filters, ...(nextToken ? { nextToken } : {}) });
      const page = await client.send(command, { abortSignal });
      found.push(...(page.jobSummaryList ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    return found.filter(({ jobName }) => jobName === name);
  },
  jobsInState: async (jobQueue, jobStatus, { most, signal: abortSignal }) => {
    const found: string[] = [];
    for await (const page of paginateListJobs({ client }, { jobQueue, jobStatus }, { abortSignal })) {
      found.push(...(page.jobSummaryList ?? []).flatMap(({ jobId }) => jobId ?? []));
      if (found.length >= most) break;
    }
    return found.slice(0, most);
  },
});

const definitionCalls = (client: BatchClient): Pick<BatchApi, 'activeDefinition' | 'registerDefinition'> => ({
  activeDefinition: async (jobDefinitionName, abortSignal) => {
    const command = new DescribeJobDefinitionsCommand({ jobDefinitionName, status: 'ACTIVE' });
    const { jobDefinitions = [] } = await client.send(command, { abortSignal });
    const revisions = jobDefinitions.map(({ revision = 0 }) => revision);
    return revisions.length === 0 ? undefined : `${jobDefinitionName}:${Math.max(...revisions)}`;
  },
  registerDefinition: async (request, abortSignal) => {
    const made = await client.send(new RegisterJobDefinitionCommand(request), { abortSignal });
    return `${required(made.jobDefinitionName, 'jobDefinitionName')}:${required(made.revision, 'revision')}`;
  },
});

const queueCalls = (
  client: BatchClient,
): Pick<BatchApi, 'queue' | 'environments' | 'queueOrder' | 'queueNames'> => ({
  queue: async (name, abortSignal) => {
    const command = new DescribeJobQueuesCommand({ jobQueues: [name] });
    return (await client.send(command, { abortSignal })).jobQueues?.[0];
  },
  environments: async (names, abortSignal) => {
    const command = new DescribeComputeEnvironmentsCommand({ computeEnvironments: [...names] });
    return (await client.send(command, { abortSignal })).computeEnvironments ?? [];
  },
  queueOrder: async (jobQueue, abortSignal) => {
    const { frontOfQueue } = await client.send(new GetJobQueueSnapshotCommand({ jobQueue }), {
      abortSignal,
    });
    return (frontOfQueue?.jobs ?? []).flatMap(({ jobArn }) => jobArn?.split('/').at(-1) ?? []);
  },
  queueNames: async (abortSignal) => {
    const names: string[] = [];
    for await (const { jobQueues = [] } of paginateDescribeJobQueues({ client }, {}, { abortSignal }))
      names.push(...jobQueues.flatMap(({ jobQueueName }) => jobQueueName ?? []));
    return names.toSorted();
  },
});

/** Something that is made when it is first needed, and ended only if it was. */
function once<T extends { destroy(): void }>(make: () => Promise<T>): { get(): Promise<T>; end(): void } {
  let made: Promise<T> | undefined;
  return {
    get: async () => (made ??= make()),
    end: () => void made?.then((one) => one.destroy()),
  };
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the answer of Batch has no ${name}`);
  return value;
}
