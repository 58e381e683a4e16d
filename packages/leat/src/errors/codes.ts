/**
 * Every error code of Leat, its exit code and its title. A code is stable: scripts may match on it. Each has a page
 * `docs/errors/<CODE>.md` (checked by `scripts/check-docs.ts`).
 */
export const exitCodes: {
  readonly ok: 0;
  readonly runFailed: 1;
  readonly usage: 2;
  readonly refused: 3;
  readonly store: 4;
  readonly interrupted: 130;
  readonly terminated: 143;
} = {
  ok: 0,
  runFailed: 1,
  usage: 2,
  refused: 3,
  store: 4,
  interrupted: 130,
  terminated: 143,
};

/** What a process that ends with an error of some code exits with. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What is known of a code. */
export interface CodeFacts {
  readonly exitCode: ExitCode;
  readonly title: string;
}

const usage = (title: string): CodeFacts => ({ exitCode: exitCodes.usage, title });
const refused = (title: string): CodeFacts => ({ exitCode: exitCodes.refused, title });
const store = (title: string): CodeFacts => ({ exitCode: exitCodes.store, title });
const failed = (title: string): CodeFacts => ({ exitCode: exitCodes.runFailed, title });

/** A stable name of what went wrong. */
export type ErrorCode =
  | 'USAGE'
  | 'NODE_TOO_OLD'
  | 'NOT_FOUND'
  | 'PARAMETER_INVALID'
  | 'OPTION_INVALID'
  | 'FLOW_LOAD'
  | 'FLOW_INVALID'
  | 'GRAPH_INVALID'
  | 'LAYER_UNKNOWN'
  | 'LAYER_REFUSED'
  | 'TASK_FAILED'
  | 'RUN_FAILED'
  | 'TRANSITION_INVALID'
  | 'ARTIFACT_UNSET'
  | 'ARTIFACT_UNSUPPORTED'
  | 'ARTIFACT_READ_ONLY'
  | 'MERGE_CONFLICT'
  | 'STEP_MISUSE'
  | 'LAYER_FAILED'
  | 'JOB_EXPIRED'
  | 'STORE_UNAVAILABLE'
  | 'STORE_CORRUPT'
  | 'METADATA_UNAVAILABLE'
  | 'METADATA_SCHEMA'
  | 'LEASE_LOST'
  | 'INTERNAL';

/** The list itself. Add a code here and a page in `docs/errors/`, or `npm run check` fails. */
export const errorCodes: Readonly<Record<ErrorCode, CodeFacts>> = {
  // What the user typed
  USAGE: usage('The command line cannot be understood'),
  NODE_TOO_OLD: usage('This Node is too old'),
  NOT_FOUND: usage('There is no such flow, run, step, task or artifact'),
  PARAMETER_INVALID: usage('A parameter is missing or its value is not accepted'),
  OPTION_INVALID: usage('An option of a decorator or of --with is not accepted'),
  // What the flow says
  FLOW_LOAD: refused('The flow file cannot be loaded'),
  FLOW_INVALID: refused('The file does not hold a flow'),
  GRAPH_INVALID: refused('The graph of the flow is refused'),
  LAYER_UNKNOWN: refused('There is no such compute layer'),
  LAYER_REFUSED: refused('A compute layer can never run this'),
  // What happens in a step
  TASK_FAILED: failed('A task failed'),
  RUN_FAILED: failed('The run failed'),
  TRANSITION_INVALID: failed('this.next(…) was called in a way that the graph does not allow'),
  ARTIFACT_UNSET: failed('An artifact is read that no step has set'),
  ARTIFACT_UNSUPPORTED: failed('A value cannot be stored as an artifact'),
  ARTIFACT_READ_ONLY: failed('A parameter or an input is read-only'),
  MERGE_CONFLICT: failed('this.merge(inputs) found values that differ'),
  STEP_MISUSE: failed('A method of Flow was called where it has no meaning'),
  // What the platform does
  LAYER_FAILED: failed('A compute layer broke its contract or cannot be reached'),
  JOB_EXPIRED: failed('A job waited so long for its place that what it was handed had expired'),
  STORE_UNAVAILABLE: store('The datastore cannot be read or written'),
  STORE_CORRUPT: store('What the datastore holds is not what was written'),
  METADATA_UNAVAILABLE: store('The metadata cannot be read or written'),
  METADATA_SCHEMA: store('The metadata was written by another version of Leat'),
  LEASE_LOST: store('Another engine drives this run'),
  INTERNAL: failed('A defect of Leat'),
};
