/**
 * Metadata on PostgreSQL: for a team, with many engines and readers at once. It keeps the log and the tables; what an event
 * means is said by the fold of `leat/metadata`. It knows no engine and no datastore, and no clock but the server's.
 */
import { randomUUID } from 'node:crypto';
import {
  type AttemptRecord,
  checkTagCount,
  checkTags,
  type Lease,
  type MetadataStore,
  type NewRun,
  type RunEvent,
  type RunQuery,
  type RunRecord,
  type StepCounts,
  type TakenFrom,
  type TaskQuery,
  type TaskRecord,
} from 'leat/metadata';
import { type Append, appendEvents, type Kept } from './append-events.ts';
import { Database } from './database.ts';
import { dropRun, sweepDropped } from './drop-runs.ts';
import { type LoggedEvent, readEvents } from './event-rows.ts';
import { extendLease, giveBackLease, requireLease, requireRun, takeLease } from './leases.ts';
import { prepareSchema } from './prepare-schema.ts';
import { insertRun, listFlows, listRuns, readRun, readRuns, runKey } from './run-rows.ts';
import { ServerClock } from './server-clock.ts';
import { listAttempts, listCounts, listFailures, listTasks, readTasks } from './task-rows.ts';

/**
 * Opens the metadata in a PostgreSQL database, making its tables when they are not there:
 * `postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full&schema=leat`.
 *
 * Throws `OPTION_INVALID` for a URL that cannot be used, `METADATA_SCHEMA` for tables of a newer Leat or of another program,
 * and `METADATA_UNAVAILABLE`.
 *
 * @example const metadata = await openPostgresStore('postgres://leat@db.example/leat');
 */
export async function openPostgresStore(url: string): Promise<MetadataStore> {
  const database = new Database(url);
  try {
    await prepareSchema(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return new PostgresStore(database);
}

class PostgresStore implements MetadataStore {
  readonly url: string;
  readonly #database: Database;
  readonly #clock = new ServerClock();
  /** Of the run that this process drives; dropped whenever a write fails. */
  #kept: Kept | undefined;
  /** An append that failed, and may have been stored all the same. */
  #unsure: Append | undefined;
  /** Appends one after the other, in the order of the calls. */
  #appending: Promise<unknown> = Promise.resolve();

  constructor(database: Database) {
    this.#database = database;
    this.url = database.shown;
  }

  async createRun(
    run: NewRun,
    owner: string,
    leaseMs: number,
  ): Promise<{ readonly run: RunRecord; readonly lease: Lease }> {
    checkTags(run.tags);
    checkTagCount(new Set(run.tags).size);
    const key = await insertRun(this.#database, run, { owner, leaseMs, request: randomUUID() });
    const record = (await readRuns(this.#database, this.#clock, [key])).get(key);
    if (record === undefined) throw new TypeError('a run that was just stored is not there');
    return { run: record, lease: { flow: run.flow, run: record.id, owner, epoch: 1 } };
  }

  // oxlint-disable-next-line max-params -- the contract's signature
  acquireLease(
    flow: string,
    run: string,
    owner: string,
    leaseMs: number,
    force: TakenFrom = false,
  ): Promise<Lease> {
    return takeLease(this.#database, { flow, run, owner, leaseMs, force, request: randomUUID() });
  }

  renewLease(lease: Lease, leaseMs: number): Promise<void> {
    return extendLease(this.#database, lease, leaseMs);
  }

  releaseLease(lease: Lease): Promise<void> {
    return giveBackLease(this.#database, lease);
  }

  append(lease: Lease, events: readonly RunEvent[]): Promise<number> {
    const appended = this.#appending.then(async () => this.#append(lease, events));
    this.#appending = appended.catch(() => undefined);
    return appended;
  }

  async #append(lease: Lease, events: readonly RunEvent[]): Promise<number> {
    if (events.length === 0) return (await requireLease(this.#database, lease)).last_seq;
    const kept = this.#kept;
    const append = { lease, events, request: this.#requestFor(lease, events) };
    // True again only when the append has succeeded.
    this.#kept = undefined;
    this.#unsure = append;
    this.#kept = await appendEvents(this.#database, append, kept);
    this.#unsure = undefined;
    return this.#kept.lastSeq;
  }

  /** The same events after a failure are the same append: the first time may have been stored. */
  #requestFor(lease: Lease, events: readonly RunEvent[]): string {
    const last = this.#unsure;
    const same =
      last !== undefined &&
      (last.events === events || JSON.stringify(last.events) === JSON.stringify(events));
    return same && JSON.stringify(last.lease) === JSON.stringify(lease) ? last.request : randomUUID();
  }

  async *events(flow: string, run: string, after = 0): AsyncGenerator<LoggedEvent> {
    const key = await runKey(this.#database, flow, run);
    if (key !== undefined) yield* readEvents(this.#database, key, after);
  }

  flows(namespace?: string): ReturnType<MetadataStore['flows']> {
    return listFlows(this.#database, this.#clock, namespace);
  }

  runs(query: RunQuery): Promise<readonly RunRecord[]> {
    return listRuns(this.#database, this.#clock, query);
  }

  run(flow: string, id: string): Promise<RunRecord | undefined> {
    return readRun(this.#database, this.#clock, flow, id);
  }

  steps(flow: string, run: string): Promise<readonly StepCounts[]> {
    return this.#ofRun(flow, run, [], (key) => listCounts(this.#database, key));
  }

  tasks(flow: string, run: string, query: TaskQuery): Promise<readonly TaskRecord[]> {
    return this.#ofRun(flow, run, [], (key) => listTasks(this.#database, key, query));
  }

  task(flow: string, run: string, task: string): Promise<TaskRecord | undefined> {
    return this.#ofRun(
      flow,
      run,
      undefined,
      async (key) => (await readTasks(this.#database, key, [task]))[0]?.task,
    );
  }

  attempts(flow: string, run: string, task: string): Promise<readonly AttemptRecord[]> {
    return this.#ofRun(flow, run, [], (key) => listAttempts(this.#database, key, task));
  }

  failures(flow: string, run: string, limit: number): Promise<readonly TaskRecord[]> {
    return this.#ofRun(flow, run, [], (key) => listFailures(this.#database, key, limit));
  }

  async tag(
    flow: string,
    run: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<readonly string[]> {
    const { add = [], remove = [] } = change;
    checkTags(add);
    return this.#database.transaction(async (statements) => {
      const key = await requireRun(statements, { flow, run });
      // Two changes of the same run's tags, one after the other: else each would count without the other's.
      await statements.all('SELECT FROM leat.runs WHERE key = $1 FOR NO KEY UPDATE', key);
      await statements.all('DELETE FROM leat.tags WHERE run = $1 AND tag = ANY ($2::text[])', key, remove);
      const insert = 'INSERT INTO leat.tags (run, tag) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING';
      await statements.all(insert, key, add);
      const tags = await statements.all<{ tag: string }>(
        'SELECT tag FROM leat.tags WHERE run = $1 ORDER BY tag',
        key,
      );
      checkTagCount(tags.length);
      return tags.map(({ tag }) => tag);
    });
  }

  async deleteRun(flow: string, run: string): Promise<void> {
    await dropRun(this.#database, flow, run);
    await sweepDropped(this.#database);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Reads something of a run; `none` when there is no such run. */
  async #ofRun<T>(flow: string, run: string, none: T, work: (key: number) => Promise<T>): Promise<T> {
    const key = await runKey(this.#database, flow, run);
    return key === undefined ? none : work(key);
  }
}
