/** Why an attempt failed: one closed list for every compute layer. */
export type FailureKind =
  | 'error'
  | 'exit'
  | 'out-of-memory'
  | 'timeout'
  | 'interrupted'
  | 'lost'
  | 'start-failed'
  | 'refused'
  | 'cancelled';

/**
 * What `@catchError({ var })` puts into its field after the last try: plain data. When the step succeeds the field is `undefined`.
 *
 * @example
 * declare failed?: Failure;
 * // later, in the join
 * for (const { failed } of inputs) if (failed) console.log(failed.message, failed.attempts);
 */
export interface Failure {
  /** The error's class name (`RangeError`), or the reason again when no error was thrown. */
  readonly type: string;
  readonly message: string;
  /** With the places in the user's own files. */
  readonly stack?: string;
  /** How many attempts were made, the first included. */
  readonly attempts: number;
  readonly reason: FailureKind;
  /** When the process ended by itself. */
  readonly exitCode?: number;
  /** When a signal ended it, such as `SIGKILL`. */
  readonly signal?: string;
}
