/**
 * Metadata in one SQLite file: the default, for one machine with many processes at once. It keeps the log and the
 * tables; what an event means is in `metadata/fold/`. It knows no engine, no datastore and no clock but its leases'.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RunEvent } from '../events.ts';
import type {
  AttemptRecord,
  Lease,
  MetadataStore,
  NewRun,
  RunQuery,
  RunRecord,
  StepCounts,
  TakenFrom,
  TaskQuery,
  TaskRecord,
} from '../metadata-store.ts';
import { checkTagCount, checkTags } from '../tags.ts';
import { appendEvents, type Kept } from './append-events.ts';
import { Database } from './database.ts';
import { dropRun, sweepDropped } from './drop-runs.ts';
import { type LoggedEvent, readEvents } from './event-rows.ts';
import { extendLease, firstLease, giveBackLease, requireLease, requireRun, takeLease } from './leases.ts';
import { insertRun, listFlows, listRuns, readRun, runKey } from './run-rows.ts';
import { listAttempts, listTasks, readTask } from './read-tasks.ts';
import { listCounts, listFailures } from './task-rows.ts';

/** Faults that a check tells of. */
const mostFaults = 20;

/** Opens or creates the metadata in `file`. Throws `METADATA_UNAVAILABLE`, `METADATA_SCHEMA`. */
export async function openSqliteStore(file: string): Promise<MetadataStore> {
  const path = resolve(file);
  return new SqliteStore(
    await Database.open(path),
    `sqlite:${pathToFileURL(path).href.slice('file:'.length)}`,
  );
}

class SqliteStore implements MetadataStore {
  readonly url: string;
  readonly #database: Database;
  /** Of the run that this process drives; dropped whenever a write fails. */
  #kept: Kept | undefined;

  constructor(database: Database, url: string) {
    this.#database = database;
    this.url = url;
  }

  createRun(
    run: NewRun,
    owner: string,
    leaseMs: number,
  ): Promise<{ readonly run: RunRecord; readonly lease: Lease }> {
    const database = this.#database;
    return this.#write(() => {
      checkTags(run.tags);
      checkTagCount(new Set(run.tags).size);
      const key = insertRun(database, run);
      firstLease(database, key, owner, Date.now() + leaseMs);
      const record = readRun(database, key);
      if (record?.lease === undefined) throw new TypeError('a run that was just stored is not there');
      return { run: record, lease: { flow: run.flow, run: record.id, owner, epoch: record.lease.epoch } };
    });
  }

  // oxlint-disable-next-line max-params -- the contract's signature
  acquireLease(
    flow: string,
    run: string,
    owner: string,
    leaseMs: number,
    force: TakenFrom = false,
  ): Promise<Lease> {
    const now = Date.now();
    return this.#write(() => takeLease(this.#database, { flow, run, owner, now, leaseMs, force }));
  }

  renewLease(lease: Lease, leaseMs: number): Promise<void> {
    return this.#write(() => extendLease(this.#database, lease, Date.now() + leaseMs));
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#write(() => giveBackLease(this.#database, lease));
  }

  async append(lease: Lease, events: readonly RunEvent[]): Promise<number> {
    const database = this.#database;
    if (events.length === 0) return database.read(() => this.#lastSeq(lease));
    const kept = this.#kept;
    // What is kept is changed while the transaction runs: it is true again only when that has succeeded.
    this.#kept = undefined;
    let attempts = 0;
    this.#kept = await this.#write(() =>
      appendEvents(database, lease, events, attempts++ === 0 ? kept : undefined),
    );
    return this.#kept.lastSeq;
  }

  #lastSeq(lease: Lease): number {
    const key = requireLease(this.#database, lease);
    return readRun(this.#database, key)?.lastSeq ?? 0;
  }

  async *events(flow: string, run: string, after = 0): AsyncGenerator<LoggedEvent> {
    const key = await this.#database.read(() => runKey(this.#database, flow, run));
    if (key !== undefined) yield* readEvents(this.#database, key, after);
  }

  flows(namespace?: string): ReturnType<MetadataStore['flows']> {
    return this.#database.read(() => listFlows(this.#database, namespace));
  }

  runs(query: RunQuery): Promise<readonly RunRecord[]> {
    return this.#database.read(() => listRuns(this.#database, query));
  }

  run(flow: string, id: string): Promise<RunRecord | undefined> {
    return this.#ofRun(flow, id, undefined, (key) => readRun(this.#database, key));
  }

  steps(flow: string, run: string): Promise<readonly StepCounts[]> {
    return this.#ofRun(flow, run, [], (key) => listCounts(this.#database, key));
  }

  tasks(flow: string, run: string, query: TaskQuery): Promise<readonly TaskRecord[]> {
    return this.#ofRun(flow, run, [], (key) => listTasks(this.#database, key, query));
  }

  task(flow: string, run: string, task: string): Promise<TaskRecord | undefined> {
    return this.#ofRun(flow, run, undefined, (key) => readTask(this.#database, key, task)?.task);
  }

  attempts(flow: string, run: string, task: string): Promise<readonly AttemptRecord[]> {
    return this.#ofRun(flow, run, [], (key) => listAttempts(this.#database, key, task));
  }

  failures(flow: string, run: string, limit: number): Promise<readonly TaskRecord[]> {
    return this.#ofRun(flow, run, [], (key) => listFailures(this.#database, key, limit));
  }

  tag(
    flow: string,
    run: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<readonly string[]> {
    const database = this.#database;
    return this.#write(() => {
      checkTags(change.add ?? []);
      const key = requireRun(database, flow, run);
      for (const tag of change.remove ?? [])
        database.run('DELETE FROM tags WHERE run = ? AND tag = ?', key, tag);
      for (const tag of change.add ?? [])
        database.run('INSERT OR IGNORE INTO tags (run, tag) VALUES (?, ?)', key, tag);
      const tags = database.all<{ tag: string }>('SELECT tag FROM tags WHERE run = ? ORDER BY tag', key);
      checkTagCount(tags.length);
      return tags.map(({ tag }) => tag);
    });
  }

  async deleteRun(flow: string, run: string): Promise<void> {
    await this.#write(() => dropRun(this.#database, flow, run, Date.now()));
    await sweepDropped(this.#database);
  }

  checkIntegrity({ quick }: { readonly quick: boolean }): Promise<readonly string[]> {
    const database = this.#database;
    const sql = `PRAGMA ${quick ? 'quick_check' : 'integrity_check'}(${mostFaults})`;
    return database.read(() =>
      database
        .all<Readonly<Record<string, string>>>(sql)
        .flatMap((row) => Object.values(row))
        .filter((said) => said !== 'ok'),
    );
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #write<T>(work: () => T): Promise<T> {
    return this.#database.write(work);
  }

  /** Reads something of a run; `none` when there is no such run. */
  #ofRun<T>(flow: string, run: string, none: T, work: (key: number) => T): Promise<T> {
    return this.#database.read(() => {
      const key = runKey(this.#database, flow, run);
      return key === undefined ? none : work(key);
    });
  }
}
