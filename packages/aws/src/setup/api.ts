/**
 * The sliver of AWS's SDK that set-up and commands use, and the only file of them that imports it. Clients are made when they are first
 * needed. The SDK repeats by itself what fails for a moment; every call also has a time limit.
 */
import type { BatchClient } from '@aws-sdk/client-batch';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import { roleFacts } from '../batch/collect/roles.ts';
import type { RoleFacts } from '../diagnose/facts.ts';

/** A job, as a list shows it. */
export interface ListedJob {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: string;
  readonly statusReason?: string;
  readonly createdAt?: number;
  readonly startedAt?: number;
  /** Children of an array. */
  readonly size?: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A queue and its environments. */
export interface FoundQueue {
  readonly name: string;
  readonly state: string;
  readonly status: string;
  readonly statusReason?: string;
  readonly environments: readonly {
    readonly name: string;
    readonly state: string;
    readonly status: string;
    readonly statusReason?: string;
    /** `EC2`, `SPOT`, `FARGATE`, `FARGATE_SPOT`; `undefined`: managed by its owner. */
    readonly kind?: string;
    readonly maxVcpus?: number;
  }[];
}

/** States in which a job may still be ended. */
export const openStates = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'] as const;

/** What set-up and commands ask of AWS. Every call fails with the SDK's own error. */
export interface SetupApi {
  region(): Promise<string>;
  /** Who is calling: `arn:aws:iam::123456789012:user/ada`. */
  caller(): Promise<string>;
  /** Outputs of a stack by name; `undefined`: there is no such stack. */
  stackOutputs(name: string): Promise<Readonly<Record<string, string>> | undefined>;
  queue(name: string): Promise<FoundQueue | undefined>;
  /** Names of all queues. */
  queues(): Promise<readonly string[]>;
  /** Whether there is such a role, and which services it trusts. */
  role(arn: string): Promise<RoleFacts>;
  /** Jobs of a queue in a state, the newest first; at most `most`. */
  jobs(queue: string, state: (typeof openStates)[number], most: number): Promise<readonly ListedJob[]>;
  describe(ids: readonly string[]): Promise<readonly ListedJob[]>;
  terminate(id: string, reason: string): Promise<void>;
  close(): void;
}

const attemptMs = 20_000;

/** For all tries together. */
const roleMs = 120_000;

const setting = { maxAttempts: 5, requestHandler: { requestTimeout: attemptMs, connectionTimeout: 5_000 } };

/** AWS as the environment of this process says. */
export function openSetupApi(): SetupApi {
  return new SdkSetupApi();
}

interface Closable {
  destroy(): void;
}

class SdkSetupApi implements SetupApi {
  readonly #made = new Map<string, Promise<Closable>>();

  async region(): Promise<string> {
    return (await this.#batch()).config.region();
  }

  async caller(): Promise<string> {
    const { GetCallerIdentityCommand, STSClient: Client } = await import('@aws-sdk/client-sts');
    const client = await this.#client<STSClient>('sts', () => new Client(setting));
    return (await client.send(new GetCallerIdentityCommand({}))).Arn ?? 'somebody';
  }

  async stackOutputs(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const { CloudFormationClient: Client, DescribeStacksCommand } =
      await import('@aws-sdk/client-cloudformation');
    const client = await this.#client<CloudFormationClient>('cloudformation', () => new Client(setting));
    try {
      const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
      const outputs = Stacks[0]?.Outputs ?? [];
      return Object.fromEntries(
        outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    } catch (error) {
      // CloudFormation has no code of its own for it.
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw error;
    }
  }

  async queue(name: string): Promise<FoundQueue | undefined> {
    const { DescribeComputeEnvironmentsCommand, DescribeJobQueuesCommand } =
      await import('@aws-sdk/client-batch');
    const client = await this.#batch();
    const found = (await client.send(new DescribeJobQueuesCommand({ jobQueues: [name] }))).jobQueues?.[0];
    if (found === undefined) return undefined;
    const order = (found.computeEnvironmentOrder ?? []).toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
    const names = order.flatMap(({ computeEnvironment }) => computeEnvironment ?? []);
    const described =
      names.length === 0
        ? []
        : ((await client.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: names })))
            .computeEnvironments ?? []);
    // The answer has an order of its own.
    const inOrder = described.toSorted((a, b) => placeOf(names, a) - placeOf(names, b));
    return {
      ...factsOf(found),
      name: found.jobQueueName ?? name,
      environments: inOrder.map((one) => ({
        ...factsOf(one),
        name: one.computeEnvironmentName ?? '',
        ...(one.computeResources?.type === undefined ? {} : { kind: one.computeResources.type }),
        ...(one.computeResources?.maxvCpus === undefined ? {} : { maxVcpus: one.computeResources.maxvCpus }),
      })),
    };
  }

  async queues(): Promise<readonly string[]> {
    const { paginateDescribeJobQueues } = await import('@aws-sdk/client-batch');
    const names: string[] = [];
    for await (const { jobQueues = [] } of paginateDescribeJobQueues({ client: await this.#batch() }, {}))
      names.push(...jobQueues.flatMap(({ jobQueueName }) => jobQueueName ?? []));
    return names.toSorted();
  }

  async role(arn: string): Promise<RoleFacts> {
    const { IAMClient: Client } = await import('@aws-sdk/client-iam');
    const iam = async (): Promise<IAMClient> => this.#client<IAMClient>('iam', () => new Client(setting));
    return roleFacts({ iam }, arn, AbortSignal.timeout(roleMs));
  }

  async jobs(queue: string, state: (typeof openStates)[number], most: number): Promise<readonly ListedJob[]> {
    const { ListJobsCommand } = await import('@aws-sdk/client-batch');
    const client = await this.#batch();
    const found: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = { jobQueue: queue, jobStatus: state, ...(nextToken === undefined ? {} : { nextToken }) };
      const answer = await client.send(new ListJobsCommand(page));
      found.push(...(answer.jobSummaryList ?? []).flatMap(({ jobId }) => jobId ?? []));
      nextToken = answer.nextToken;
    } while (nextToken !== undefined && found.length < most);
    return this.describe(found.slice(0, most));
  }

  async describe(ids: readonly string[]): Promise<readonly ListedJob[]> {
    const { DescribeJobsCommand } = await import('@aws-sdk/client-batch');
    const client = await this.#batch();
    const all: ListedJob[] = [];
    // What one call takes.
    for (let from = 0; from < ids.length; from += 100) {
      const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: ids.slice(from, from + 100) }));
      all.push(
        ...jobs.map(({ jobId = '', jobName = '', jobQueue = '', status = '', ...job }) => ({
          id: jobId,
          name: jobName,
          queue: jobQueue.split('/').at(-1) ?? jobQueue,
          state: status,
          ...(job.statusReason === undefined ? {} : { statusReason: job.statusReason }),
          ...(job.createdAt === undefined ? {} : { createdAt: job.createdAt }),
          ...(job.startedAt === undefined ? {} : { startedAt: job.startedAt }),
          ...(job.arrayProperties?.size === undefined ? {} : { size: job.arrayProperties.size }),
          tags: job.tags ?? {},
        })),
      );
    }
    return all;
  }

  async terminate(id: string, reason: string): Promise<void> {
    const { TerminateJobCommand } = await import('@aws-sdk/client-batch');
    await (await this.#batch()).send(new TerminateJobCommand({ jobId: id, reason }));
  }

  close(): void {
    for (const client of this.#made.values()) void client.then((one) => one.destroy());
  }

  async #batch(): Promise<BatchClient> {
    const { BatchClient: Client } = await import('@aws-sdk/client-batch');
    return this.#client<BatchClient>('batch', () => new Client(setting));
  }

  async #client<Client extends Closable>(name: string, make: () => Client): Promise<Client> {
    const made = (this.#made.get(name) ?? Promise.resolve(make())) as Promise<Client>;
    this.#made.set(name, made);
    return made;
  }
}

/** Queues name their environments by ARN, or as somebody has written it. */
const placeOf = (
  names: readonly string[],
  one: {
    readonly computeEnvironmentArn?: string | undefined;
    readonly computeEnvironmentName?: string | undefined;
  },
): number =>
  names.findIndex((name) => name === one.computeEnvironmentArn || name === one.computeEnvironmentName);

const factsOf = ({
  state,
  status,
  statusReason,
}: {
  readonly state?: string | undefined;
  readonly status?: string | undefined;
  readonly statusReason?: string | undefined;
}): Pick<FoundQueue, 'state' | 'status' | 'statusReason'> => ({
  state: state ?? 'UNKNOWN',
  status: status ?? 'UNKNOWN',
  ...(statusReason === undefined ? {} : { statusReason }),
});
