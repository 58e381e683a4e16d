/** What SQLite says, in the words of a user: which file, what is wrong with it, what to do. */
import { isLeatError, type LeatError } from '../../errors/index.ts';
import { type Explanation, unavailable } from '../refusals.ts';

interface SqliteError extends Error {
  readonly errcode: number;
  readonly errstr: string;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR';
}

/** The primary result code: the low byte of the extended one. */
function resultCode(error: unknown): number | undefined {
  return isSqliteError(error) ? error.errcode & 0xff : undefined;
}

/** Whether another process holds the lock just now, so that the same call may work a moment later. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 6;
}

/** Whether the file or its folder cannot be written, which leaves reading. */
export function isReadOnly(error: unknown): boolean {
  const code = resultCode(error);
  return code === 8 || code === 14;
}

const inUse: Explanation = {
  what: 'is locked by another process',
  hint: 'End or continue the process that holds it (a database browser, a backup, an engine that is paused), then run the command again.',
};

const damaged: Explanation = {
  what: 'is damaged, or is no SQLite database',
  hint: 'Move it out of the way and run again: artifacts and logs are in the datastore and stay. `sqlite3 FILE .recover` may save the list of runs.',
};

const explanations: Readonly<Record<number, Explanation>> = {
  3: { what: 'may not be opened by this user', hint: 'Check the permissions of the file and of its folder.' },
  5: inUse,
  6: inUse,
  8: {
    what: 'is read-only',
    hint: 'Check the permissions of the file and of its folder, or choose another with --home FOLDER.',
  },
  10: {
    what: 'cannot be read or written by the disk',
    hint: 'Check the disk, its quota and its mount (df, dmesg).',
  },
  11: damaged,
  13: {
    what: 'cannot grow: the disk is full',
    hint: 'Free some space (`leat gc` removes old runs), then run the command again.',
  },
  14: {
    what: 'cannot be opened',
    hint: 'Check that its folder exists and may be written, or choose another with --home FOLDER.',
  },
  26: damaged,
};

/** Turns an error of SQLite into `METADATA_UNAVAILABLE`; a `LeatError` stays as it is. */
export function explainSqliteError(error: unknown, file: string): LeatError {
  if (isLeatError(error)) return error;
  const code = resultCode(error);
  const known = code === undefined ? undefined : explanations[code];
  const said = error instanceof Error ? error.message : String(error);
  const unknown: Explanation = {
    what: `cannot be used: ${said}`,
    hint: 'Check the file and its folder, or choose another with --home FOLDER.',
  };
  const details = { file, sqlite: isSqliteError(error) ? error.errcode : undefined };
  return unavailable(`in '${file}'`, known ?? unknown, { cause: error, details });
}
