/**
 * Where the traces of remote jobs are in the datastore. A job is named by the token of its attempt (`TaskSpec.token`); a platform may
 * start it more than once, and each such execution has a name of its own, which sorts by its start.
 */
import { jobsPrefix, runPrefix } from '../datastore/keys.ts';

/** The folder of all that a job leaves. */
export const jobPrefix = (job: string): string => `${jobsPrefix}${job}/`;

/** Key of what the last execution of a job that came to an end says of it. */
export const endKey = (job: string): string => `${jobPrefix(job)}end`;

/** The folder of what a job has printed. */
export const printedPrefix = (job: string): string => `${jobPrefix(job)}log/`;

const sequenceDigits = 6;

/** Key of a piece of what an execution has printed, from 0. */
export const pieceKey = (job: string, execution: string, sequence: number): string =>
  `${printedPrefix(job)}${execution}.${String(sequence).padStart(sequenceDigits, '0')}`;

/** The execution that wrote a piece. */
export const executionOf = (key: string): string =>
  key.slice(key.lastIndexOf('/') + 1, -(sequenceDigits + 1));

/**
 * Key of a work object of a run, in the run's own folder: it goes when the run goes. `name`: of letters, digits, `-` and `_`.
 *
 * @example await writeWork(store, workKey(spec, arrayToken), messages);
 */
export const workKey = (
  { flow, run }: { readonly flow: string; readonly run: string },
  name: string,
): string => `${runPrefix(flow, run)}work/${name}`;

const timeDigits = 9;

const tryPattern = /^[\da-z]+-[\da-f]+-(\w+)$/;

/**
 * Names an execution that starts at `at` (milliseconds since the epoch); `chance`: hex digits that tell it from others of that moment; `which`: the
 * platform's own number of it, where that is known and no more than letters and digits.
 */
export const executionName = (at: number, chance: string, which?: string): string => {
  const name = `${at.toString(36).padStart(timeDigits, '0')}-${chance}`;
  return which !== undefined && /^\w{1,20}$/.test(which) ? `${name}-${which}` : name;
};

/** The platform's own number of an execution; `undefined` when it has none. */
export const tryOf = (execution: string): string | undefined => tryPattern.exec(execution)?.[1];
