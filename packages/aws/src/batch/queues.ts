/** What is known of the queues that jobs go to; looked up once for each, since it does not change while a run goes on. */
import type { BatchApi, ComputeEnvironmentDetail, JobQueueDetail } from './api.ts';
import type { AwsCalls } from './aws-calls.ts';
import type { Platform } from './job-spec.ts';

/** A queue with its environments. */
export interface KnownQueue {
  /** As it was asked for: name or ARN. */
  readonly name: string;
  /** `undefined`: there is none of that name. */
  readonly queue: JobQueueDetail | undefined;
  /** In the order in which the queue uses them. */
  readonly environments: readonly ComputeEnvironmentDetail[];
  readonly platform: Platform;
}

/** See the file's header. */
export class Queues {
  readonly #api: Pick<BatchApi, 'queue' | 'environments'>;
  readonly #calls: Pick<AwsCalls, 'call'>;
  readonly #known = new Map<string, Promise<KnownQueue>>();

  constructor(api: Pick<BatchApi, 'queue' | 'environments'>, calls: Pick<AwsCalls, 'call'>) {
    this.#api = api;
    this.#calls = calls;
  }

  /** @throws LeatError LAYER_FAILED when the API is busy; the SDK's error when it may not be asked */
  async get(name: string): Promise<KnownQueue> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const asked = this.#ask(name);
    this.#known.set(name, asked);
    // What could not be found out now may be found out later.
    asked.catch(() => this.#known.delete(name));
    return asked;
  }

  async #ask(name: string): Promise<KnownQueue> {
    const queue = await this.#calls.call({ what: 'DescribeJobQueues' }, async (signal) =>
      this.#api.queue(name, signal),
    );
    const order = (queue?.computeEnvironmentOrder ?? []).toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
    const names = order.flatMap(({ computeEnvironment }) => computeEnvironment ?? []);
    const found =
      names.length === 0
        ? []
        : await this.#calls.call({ what: 'DescribeComputeEnvironments' }, async (signal) =>
            this.#api.environments(names, signal),
          );
    const environments = names.flatMap(
      (each) =>
        found.find(
          ({ computeEnvironmentArn, computeEnvironmentName }) =>
            computeEnvironmentArn === each || computeEnvironmentName === each,
        ) ?? [],
    );
    return { name, queue, environments, platform: platformOf(environments) };
  }
}

/** A queue has environments of one sort only. Those that the user manages himself are EC2. */
const platformOf = (environments: readonly ComputeEnvironmentDetail[]): Platform =>
  environments.some(({ computeResources }) => computeResources?.type?.startsWith('FARGATE'))
    ? 'fargate'
    : 'ec2';
