/**
 * Connections to the database: bounded, with an end to every wait, and errors in the words of a user. The only file that
 * knows the client.
 *
 * A call that lost its connection is made again, so a call may be done twice, also when its first time was stored: whatever
 * is written must be a change that does nothing the second time. The statements here take care of that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type ConnectionOptions, connectionOptions } from './connection-options.ts';
import { explainPgError, isPassing } from './pg-errors.ts';

/**
 * For how long a call that fails is begun again, in milliseconds: less for a server that never answered, since its URL may
 * be wrong. Engines have patience of their own on top.
 */
const patienceMs = { first: 3_000, later: 10_000 };

/** Waits between two tries, in milliseconds: doubled each time, and spread. */
const pause = { first: 50, longest: 1_000 };

/**
 * Of a pool. An engine writes events, renews its lease, and reads: three at a time. One statement has an end on the server,
 * and a little later here, for the server that does not answer; both below a lease's 30 seconds. In milliseconds.
 */
const bounds = {
  max: 3,
  connectionTimeoutMillis: 5_000,
  idleTimeoutMillis: 10_000,
  query_timeout: 20_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
};

/**
 * Set after connecting, not while: poolers refuse what they do not know in the first message. A process that stands still in
 * the middle of a transaction keeps others from its run for no longer than this.
 */
const session = `SET statement_timeout = '18s'; SET idle_in_transaction_session_timeout = '15s'`;

/** What is sent with a statement. */
export type Value = string | number | boolean | undefined | readonly (string | number)[];

/** Runs statements: each by itself, or all of one transaction. */
export interface Statements {
  all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]>;
  get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | undefined>;
}

/** Counts of rows and times in milliseconds are far below 2^53: numbers, not text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8
      ? Number
      : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
};

/** One database with the schema of one metadata. SQL says `leat.table`; the schema that was told is put in its place. */
export class Database implements Statements {
  readonly schema: string;
  /** The URL without its password. */
  readonly shown: string;
  readonly #pool: pg.Pool;
  readonly #texts = new Map<string, string>();
  readonly #closed = new AbortController();
  #reached = false;

  /** Connects to nothing yet. Throws `OPTION_INVALID`. */
  constructor(url: string) {
    const { server, schema, shown }: ConnectionOptions = connectionOptions(url);
    this.schema = schema;
    this.shown = shown;
    this.#pool = new pg.Pool({
      fallback_application_name: 'leat',
      ...server,
      ...bounds,
      types,
      // A store that nobody closed must not keep a program alive.
      allowExitOnIdle: true,
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, which its types do not say
      onConnect: async (client) => void (await client.query(session)),
    });
    // Of connections that nobody uses just now: the next call takes another one.
    this.#pool.on('error', () => undefined);
  }

  all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]> {
    return this.#patiently(async () => rowsOf<Row>(this.#pool, this.#text(sql), values));
  }

  async get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0];
  }

  /** The same, for what is worthless later: fails after so many milliseconds without an answer. */
  soon<Row>(withinMs: number, sql: string, ...values: readonly Value[]): Promise<Row[]> {
    return this.#patiently(async () => rowsOf<Row>(this.#pool, this.#text(sql), values, withinMs));
  }

  /**
   * Runs `work` in a transaction: all of it is stored, or nothing, when it throws. It may be called again, from its start;
   * `again` says so.
   */
  transaction<T>(work: (statements: Statements, again: boolean) => Promise<T>): Promise<T> {
    let again = false;
    return this.#patiently(async () => {
      const mayBeDone = again;
      again = true;
      return this.#inTransaction(async (statements) => work(statements, mayBeDone));
    });
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    await this.#pool.end();
  }

  async #inTransaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    // A connection that breaks outside of a query says so here, and again with the next query.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let broken = false;
    try {
      await client.query('BEGIN');
      const result = await work(this.#on(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      broken = isPassing(error);
      if (!broken) await client.query('ROLLBACK').catch(() => (broken = true));
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  #on(client: pg.PoolClient): Statements {
    const all = async <Row>(sql: string, ...values: readonly Value[]): Promise<Row[]> =>
      rowsOf<Row>(client, this.#text(sql), values);
    return {
      all,
      get: async <Row>(sql: string, ...values: readonly Value[]) => (await all<Row>(sql, ...values))[0],
    };
  }

  #text(sql: string): string {
    if (this.schema === 'leat') return sql;
    const known = this.#texts.get(sql);
    if (known !== undefined) return known;
    const text = sql.replaceAll(/\bleat\./g, `"${this.schema}".`);
    // Few statements, but for the forms of a query: bounded all the same.
    if (this.#texts.size >= 200) this.#texts.clear();
    this.#texts.set(sql, text);
    return text;
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    let spent = 0;
    for (let wait = pause.first; ; wait = Math.min(wait * 2, pause.longest)) {
      const began = performance.now();
      try {
        const result = await work();
        this.#reached = true;
        return result;
      } catch (error) {
        // As of when this try began: a process that was paused in the middle of it has not been refused for as long.
        const over = this.#closed.signal.aborted || spent > this.#patienceMs();
        if (over || !isPassing(error)) throw explainPgError(error, this.shown);
      }
      // A random part, so that engines that lost the same server do not come back together.
      const waitMs = wait * (0.5 + Math.random());
      spent += performance.now() - began + waitMs;
      await delay(waitMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
  }

  #patienceMs(): number {
    return this.#reached ? patienceMs.later : patienceMs.first;
  }
}

async function rowsOf<Row>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly Value[],
  withinMs?: number,
): Promise<Row[]> {
  const query = { text, values: [...values], ...(withinMs === undefined ? {} : { query_timeout: withinMs }) };
  return (await on.query(query)).rows as Row[];
}
