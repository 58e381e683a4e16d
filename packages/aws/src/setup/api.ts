/**
 * The sliver of AWS's SDK that set-up and commands use beyond what the layer has, and the only file of them that imports it. Clients are made when they
 * are first needed. The SDK repeats by itself what fails for a moment; every call also has a time limit.
 */
import type { BatchApi, ComputeEnvironmentDetail } from '../batch/api.ts';
import { openSurroundings } from '../batch/collect/api.ts';
import { roleFacts } from '../batch/collect/roles.ts';
import { lookUpQueue } from '../batch/look-up-queue.ts';
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

/** For all tries of a call together. */
const callMs = 120_000;

const setting = { maxAttempts: 5, requestHandler: { requestTimeout: attemptMs, connectionTimeout: 5_000 } };

/** What one call of DescribeJobs takes. */
const idsPerCall = 100;

/** AWS as the environment of this process says. */
export function openSetupApi(): SetupApi {
  return new SdkSetupApi();
}

const limit = (): AbortSignal => AbortSignal.timeout(callMs);

class SdkSetupApi implements SetupApi {
  #made: Promise<BatchApi> | undefined;

  async region(): Promise<string> {
    return (await this.#batch()).region();
  }

  async caller(): Promise<string> {
    const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
    const client = new STSClient(setting);
    try {
      return (await client.send(new GetCallerIdentityCommand({}))).Arn ?? 'somebody';
    } finally {
      client.destroy();
    }
  }

  async stackOutputs(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
    const client = new CloudFormationClient(setting);
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
    } finally {
      client.destroy();
    }
  }

  async queue(name: string): Promise<FoundQueue | undefined> {
    const batch = await this.#batch();
    const { queue, environments } = await lookUpQueue(name, {
      queue: async (asked) => batch.queue(asked, limit()),
      environments: async (names) => batch.environments(names, limit()),
    });
    if (queue === undefined) return undefined;
    return {
      ...factsOf(queue),
      name: queue.jobQueueName ?? name,
      environments: environments.map(environmentOf),
    };
  }

  async queues(): Promise<readonly string[]> {
    return (await this.#batch()).queueNames(limit());
  }

  async role(arn: string): Promise<RoleFacts> {
    const surroundings = openSurroundings();
    try {
      return await roleFacts(surroundings, arn, limit());
    } finally {
      surroundings.close();
    }
  }

  async jobs(queue: string, state: (typeof openStates)[number], most: number): Promise<readonly ListedJob[]> {
    const batch = await this.#batch();
    return this.describe(await batch.jobsInState(queue, state, { most, signal: limit() }));
  }

  async describe(ids: readonly string[]): Promise<readonly ListedJob[]> {
    const batch = await this.#batch();
    const all: ListedJob[] = [];
    for (let from = 0; from < ids.length; from += idsPerCall) {
      const jobs = await batch.describeJobs(ids.slice(from, from + idsPerCall), limit());
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
    await (await this.#batch()).terminateJob(id, reason, limit());
  }

  close(): void {
    void this.#made?.then((batch) => batch.close());
  }

  /** The layer's own, which takes a while to load: half of the commands do without. */
  async #batch(): Promise<BatchApi> {
    this.#made ??= import('../batch/api.ts').then(({ openBatchApi }) => openBatchApi(setting));
    return this.#made;
  }
}

const environmentOf = (one: ComputeEnvironmentDetail): FoundQueue['environments'][number] => ({
  ...factsOf(one),
  name: one.computeEnvironmentName ?? '',
  ...(one.computeResources?.type === undefined ? {} : { kind: one.computeResources.type }),
  ...(one.computeResources?.maxvCpus === undefined ? {} : { maxVcpus: one.computeResources.maxvCpus }),
});

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
