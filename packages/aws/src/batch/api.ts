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
  type ComputeEnvironmentDetail,
  type JobDetail,
  type JobQueueDetail,
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

/** A line of CloudWatch, and when it was written. */
export interface LogEvent {
  readonly at: number;
  readonly text: string;
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
  /** What a job's container printed, as CloudWatch has it, oldest first; ends when there is no more. */
  logEvents(stream: string, signal: AbortSignal): AsyncIterable<LogEvent>;
  close(): void;
}

/** The log group of Batch's jobs, unless a definition says otherwise. */
const logGroup = '/aws/batch/job';

/** Batch, as the environment of this process says: region, endpoint and credentials as for every program of AWS. */
export function openBatchApi(): BatchApi {
  const client = new BatchClient({ maxAttempts: 1 });
  const clients: { destroy(): void }[] = [client];
  return {
    region: async () => client.config.region(),
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
    logEvents: (stream, signal) => logEvents(stream, signal, (made) => clients.push(made)),
    close: () => {
      for (const each of clients) each.destroy();
    },
  };
}

/** What CloudWatch has of a stream; told of the client that it makes, which somebody else ends. */
async function* logEvents(
  logStreamName: string,
  abortSignal: AbortSignal,
  made: (client: { destroy(): void }) => void,
): AsyncGenerator<LogEvent, void, undefined> {
  const { CloudWatchLogsClient, GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const logs = new CloudWatchLogsClient({ maxAttempts: 3 });
  made(logs);
  let nextToken: string | undefined;
  for (;;) {
    const position = nextToken === undefined ? { startFromHead: true } : { nextToken };
    const command = new GetLogEventsCommand({ logGroupName: logGroup, logStreamName, ...position });
    const page = await logs.send(command, { abortSignal });
    for (const { timestamp = 0, message = '' } of page.events ?? []) yield { at: timestamp, text: message };
    // CloudWatch says that there is no more with the token that it was asked with.
    if (page.nextForwardToken === undefined || page.nextForwardToken === nextToken) return;
    nextToken = page.nextForwardToken;
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the answer of Batch has no ${name}`);
  return value;
}
