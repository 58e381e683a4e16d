/** Opens the database file, makes its tables when it is new, and brings an older one up to date. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { LeatError } from '../../errors/index.ts';
import { migrations } from './schema.ts';
import { isReadOnly } from './sqlite-errors.ts';

/** `Leat` in four bytes: tells our databases from others. */
const applicationId = 0x4c656174;

/**
 * Of each connection. NORMAL: a power failure may cost the last moments of the log, which recovery finds again in the
 * datastore, and never damages the file. Cache in KiB. Pages of WAL before they are moved into the file: 16 MB.
 */
const settings = `
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -16000;
  PRAGMA wal_autocheckpoint = 4000;
`;

/** How long one call waits inside SQLite for another process, in milliseconds; longer waits leave the event loop free. */
const lockWaitMs = 100;

/**
 * Opens `file`, creating it and its folder. A file that cannot be written is opened for reading. Throws
 * `METADATA_SCHEMA` for a database of a newer Leat or of another program, and errors of SQLite as they are.
 */
export function openDatabase(file: string): DatabaseSync {
  if (!existsSync(file)) mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file, { timeout: lockWaitMs });
  try {
    prepare(database, file);
    return database;
  } catch (error) {
    database.close();
    if (isReadOnly(error) && existsSync(file)) return openFrozen(file, error);
    throw error;
  }
}

function prepare(database: DatabaseSync, file: string): void {
  database.exec(settings);
  const version = schemaVersion(database, file);
  if (version === migrations.length) return;
  // A new file holds nothing that a power cut could take, and waiting for the disk here is waiting before the first task. What is
  // written later is kept as ever: the first checkpoint brings the log to the disk, then the file.
  if (version === 0) database.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL');
  database.exec('BEGIN IMMEDIATE');
  try {
    // Again, under the lock: another process may have done it meanwhile.
    for (const migration of migrations.slice(schemaVersion(database, file))) database.exec(migration);
    database.exec(
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`,
    );
    database.exec(settings);
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** How many migrations the database has been through. */
function schemaVersion(database: DatabaseSync, file: string): number {
  const version = pragma(database, 'user_version');
  if (version > 0 && pragma(database, 'application_id') !== applicationId) {
    throw new LeatError('METADATA_SCHEMA', `'${file}' is a database of another program`, {
      hint: 'Choose another folder with --home FOLDER or LEAT_HOME.',
    });
  }
  if (version > migrations.length) {
    throw new LeatError(
      'METADATA_SCHEMA',
      `the metadata in '${file}' was written by a newer Leat: its tables have version ${version}, this one knows up to ${migrations.length}`,
      { hint: 'Update Leat here (npm install leat@latest), or choose another folder with --home FOLDER.' },
    );
  }
  return version;
}

/**
 * A database in a folder that cannot be written (a read-only mount): WAL cannot be set up there, and nobody writes, so
 * it is read as it stands. Not when a log of unfinished writes lies beside it: reading past that would show a past state.
 */
function openFrozen(file: string, cause: unknown): DatabaseSync {
  const log = `${file}-wal`;
  if (existsSync(log) && statSync(log).size > 0) throw cause;
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  const database = new DatabaseSync(url, { readOnly: true });
  try {
    if (schemaVersion(database, file) === migrations.length) return database;
  } catch (error) {
    database.close();
    throw error;
  }
  database.close();
  throw new LeatError(
    'METADATA_SCHEMA',
    `the metadata in '${file}' is of an older Leat, and cannot be brought up to date: it is read-only`,
    {
      hint: 'Open it once where it can be written, or read it with the version of Leat that wrote it.',
      cause,
    },
  );
}
