import type { ComputeEnvironmentDetail, JobQueueDetail } from './api.ts';

/** The two calls that it takes. */
export interface QueueCalls {
  readonly queue: (name: string) => Promise<JobQueueDetail | undefined>;
  readonly environments: (names: readonly string[]) => Promise<readonly ComputeEnvironmentDetail[]>;
}

/** A queue, and its environments in the order in which it uses them. `undefined`: there is none of that name. */
export interface FoundQueue {
  readonly queue: JobQueueDetail | undefined;
  readonly environments: readonly ComputeEnvironmentDetail[];
}

/** Looks a queue up by its name or ARN. @throws what the calls throw */
export async function lookUpQueue(name: string, calls: QueueCalls): Promise<FoundQueue> {
  const queue = await calls.queue(name);
  const order = (queue?.computeEnvironmentOrder ?? []).toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
  const names = order.flatMap(({ computeEnvironment }) => computeEnvironment ?? []);
  const found = names.length === 0 ? [] : await calls.environments(names);
  // The answer has an order of its own, and queues name their environments by ARN or as somebody has written it.
  const environments = names.flatMap(
    (each) =>
      found.find(
        ({ computeEnvironmentArn, computeEnvironmentName }) =>
          computeEnvironmentArn === each || computeEnvironmentName === each,
      ) ?? [],
  );
  return { queue, environments };
}
