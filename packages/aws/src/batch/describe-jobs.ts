import type { BatchApi, JobDetail } from './api.ts';
import type { AwsCalls } from './aws-calls.ts';

/** Ids that one DescribeJobs takes. */
export const idsPerCall = 100;

/** Calls that are under way at once. */
export const callsAtOnce = 4;

/** Where it is asked. */
export interface DescribeFacts {
  readonly api: Pick<BatchApi, 'describeJobs'>;
  readonly calls: Pick<AwsCalls, 'call'>;
}

/** What Batch says of jobs, in calls of 100, a few at once. One that it does not show is left out. */
export async function describeJobs(
  { api, calls }: DescribeFacts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly JobDetail[]> {
  const found: JobDetail[] = [];
  const parts = Array.from({ length: Math.ceil(ids.length / idsPerCall) }, (_, at) =>
    ids.slice(at * idsPerCall, (at + 1) * idsPerCall),
  );
  for (let from = 0; from < parts.length; from += callsAtOnce) {
    const answers = await Promise.all(
      parts
        .slice(from, from + callsAtOnce)
        .map(async (part) =>
          calls.call({ what: 'DescribeJobs', signal }, async (limit) => api.describeJobs(part, limit)),
        ),
    );
    found.push(...answers.flat());
  }
  return found;
}
