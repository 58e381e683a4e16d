/** A connection: prepared statements, transactions, waiting for other processes, and errors in the words of a user. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from './open-database.ts';
import { explainSqliteError, isBusy } from './sqlite-errors.ts';

/** How long a call waits for its turn before it gives up, in milliseconds. */
const patienceMs = 60_000;

/** Reading goes on for so long before the rest of the process has its turn, in milliseconds. */
const readingMs = 10;

/** Statements kept prepared. */
const maxStatements = 64;

/** A value of a column. */
export type Value = SQLInputValue;

/**
 * One connection to one file. Work is synchronous inside {@link read} and {@link write}, so nothing of this process
 * comes between; for other processes it waits without blocking the event loop.
 */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #turnAt = 0;

  private constructor(file: string, connection: DatabaseSync) {
    this.file = file;
    this.#connection = connection;
  }

  /** Opens or creates the file. Throws `METADATA_UNAVAILABLE`, `METADATA_SCHEMA`. */
  static async open(file: string): Promise<Database> {
    return new Database(file, await patiently(file, () => openDatabase(file)));
  }

  /**
   * Runs statements that read. Nothing here waits for the outside, so whoever reads page after page would keep timers (of a
   * lease), signals and streams from their turn: they get it now and then.
   */
  async read<T>(work: () => T): Promise<T> {
    const result = await patiently(this.file, work);
    if (performance.now() - this.#turnAt > readingMs) {
      await turn();
      this.#turnAt = performance.now();
    }
    return result;
  }

  /** Runs `work` in a transaction: all of it is stored, or nothing, when it throws. */
  write<T>(work: () => T): Promise<T> {
    return patiently(this.file, () => {
      this.run('BEGIN IMMEDIATE');
      try {
        const result = work();
        this.run('COMMIT');
        return result;
      } catch (error) {
        if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** All rows of a query. */
  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statement(sql).all(...values) as unknown as Row[];
  }

  /** The first row of a query. */
  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statement(sql).get(...values) as unknown as Row | undefined;
  }

  /** Runs a statement; returns how many rows it changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    const statement = this.#connection.prepare(sql);
    if (this.#statements.size >= maxStatements) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

async function patiently<T>(file: string, work: () => T): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw explainSqliteError(error, file);
    }
    // A random part, so that processes that met once do not meet again.
    await delay(wait * (0.5 + Math.random()));
  }
}
