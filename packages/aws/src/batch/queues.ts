/** What is known of the queues that jobs go to; looked up once for each, since it does not change while a run goes on. */
import type { BatchApi, ComputeEnvironmentDetail } from './api.ts';
import type { AwsCalls } from './aws-calls.ts';
import type { Platform } from './job-spec.ts';
import { type FoundQueue, lookUpQueue } from './look-up-queue.ts';

/** A queue with its environments. */
export interface KnownQueue extends FoundQueue {
  /** As it was asked for: name or ARN. */
  readonly name: string;
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
    const found = await lookUpQueue(name, {
      queue: async (asked) =>
        this.#calls.call({ what: 'DescribeJobQueues' }, async (signal) => this.#api.queue(asked, signal)),
      environments: async (names) =>
        this.#calls.call({ what: 'DescribeComputeEnvironments' }, async (signal) =>
          this.#api.environments(names, signal),
        ),
    });
    return { name, ...found, platform: platformOf(found.environments) };
  }
}

/** A queue has environments of one sort only. Those that the user manages himself are EC2. */
const platformOf = (environments: readonly ComputeEnvironmentDetail[]): Platform =>
  environments.some(({ computeResources }) => computeResources?.type?.startsWith('FARGATE'))
    ? 'fargate'
    : 'ec2';
