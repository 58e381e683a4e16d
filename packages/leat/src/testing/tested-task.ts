import type { TaskAddress } from '../datastore/keys.ts';
import type { FailureRecord } from '../datastore/manifest.ts';
import type { Flow } from '../flow/flow.ts';
import type { Artifacts } from '../flow/inputs.ts';
import type { DecidedNext } from './decided-next.ts';

/** A task of a flow that was tested. */
export interface TestedTask<F extends Flow> extends TaskAddress {
  /** `train[3]` */
  readonly task: string;
  readonly status: 'succeeded' | 'failed';
  /** How many attempts were made. */
  readonly attempts: number;
  /** Why the last attempt that failed did, also when a later one succeeded or `@catchError` stood in. */
  readonly failure: FailureRecord | undefined;
  /** `@catchError` stood in. */
  readonly caught: boolean;
  /** What the task left; nothing when it failed. Each value is read when it is touched. */
  readonly artifacts: Artifacts<F>;
  readonly next: DecidedNext | undefined;
}
