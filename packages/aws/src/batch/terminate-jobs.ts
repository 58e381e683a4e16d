import type { BatchApi } from './api.ts';
import type { AwsCalls } from './aws-calls.ts';
import { faultOf } from './aws-errors.ts';
import { inParallel } from './in-parallel.ts';
import { cancelReason } from './job-status.ts';

/** Jobs that are ended at once. */
const endedAtOnce = 16;

/** Where jobs are ended. */
export interface TerminateFacts {
  readonly api: Pick<BatchApi, 'terminateJob'>;
  readonly calls: Pick<AwsCalls, 'call'>;
}

/** Ends jobs. To end what has ended is no error to Batch; what it does not know is none to us. */
export async function terminateJobs({ api, calls }: TerminateFacts, ids: readonly string[]): Promise<void> {
  await inParallel(ids, endedAtOnce, async (id) => {
    try {
      await calls.call({ what: 'TerminateJob' }, async (signal) =>
        api.terminateJob(id, cancelReason, signal),
      );
    } catch (error) {
      if (error instanceof Error && error.name === 'ClientException' && faultOf(error) === 'refused') return;
      throw error;
    }
  });
}
