/** Tasks and attempts as a reader sees them, whether they have rows of their own or are told by the ranges of their chunk. */
import type { AttemptRecord, TaskQuery, TaskRecord, TaskStatus } from '../metadata-store.ts';
import { parseTaskKey } from '../task-key.ts';
import { hasRanges, type RangeTable } from './chunk-rows.ts';
import type { Database } from './database.ts';
import { comparePlaces, type ListedTask, rangeTasks, readFromRange } from './range-tasks.ts';
import { listOlderAttempts, listTaskRows, readTaskRow } from './task-rows.ts';
import type { TaskEntry } from '../stored-task.ts';

/** One task with its newest attempt, or `undefined`. */
export function readTask(database: Database, run: number, address: string): TaskEntry | undefined {
  const found = readTaskRow(database, run, address);
  if (found !== undefined) return found;
  const key = parseTaskKey(address);
  return key === undefined ? undefined : readFromRange(database, run, key);
}

/** All attempts of a task, by number. */
export function listAttempts(database: Database, run: number, address: string): AttemptRecord[] {
  const found = readTask(database, run, address);
  if (found === undefined) return [];
  const all = listOlderAttempts(database, run, found.task);
  // A report of an attempt that overtook the newest one's is rare, but then the newest is not the last by number.
  return found.newest === undefined ? all : [...all, found.newest].toSorted((a, b) => a.attempt - b.attempt);
}

/** A page of tasks in the order of step, path, iteration. */
export function listTasks(database: Database, run: number, query: TaskQuery): TaskRecord[] {
  const limit = query.limit ?? 1_000;
  const rows = listTaskRows(database, run, query);
  const tables = tablesWith(query.status);
  if (tables.length === 0 || !hasRanges(database, run)) return rows.map(({ task }) => task);
  const sources: Source[] = [
    new Source(rows.map(({ at, task }) => ({ at, task: () => task })).values()),
    ...tables.map((table) => new Source(ofRanges(database, table, run, query))),
  ];
  const page: TaskRecord[] = [];
  while (page.length < limit) {
    const next = takeLeast(sources);
    if (next === undefined) break;
    page.push(next.task());
  }
  return page;
}

/** The tables of ranges that may tell of tasks with a status. */
function tablesWith(status: TaskStatus | undefined): readonly RangeTable[] {
  switch (status) {
    case undefined:
      return ['done_ranges', 'reused_ranges', 'open_ranges'];
    case 'succeeded':
      return ['done_ranges', 'reused_ranges'];
    case 'submitted':
    case 'running':
      return ['open_ranges'];
    case 'queued':
    case 'starting':
    case 'waiting-retry':
    case 'failed':
    case 'cancelled':
      return [];
  }
}

interface Item {
  readonly at: ListedTask['at'];
  task(): TaskRecord;
}

function* ofRanges(database: Database, table: RangeTable, run: number, query: TaskQuery): Generator<Item> {
  const { step, status } = query;
  const after = query.after === undefined ? undefined : parseTaskKey(query.after);
  for (const { at, entry } of rangeTasks(database, table, run, { step, after })) {
    if (table !== 'open_ranges') yield { at, task: () => entry().task };
    else {
      const { task } = entry();
      if (status === undefined || task.status === status) yield { at, task: () => task };
    }
  }
}

/** A list that is read from its head. */
class Source {
  readonly #items: Iterator<Item>;
  head: Item | undefined;

  constructor(items: Iterator<Item>) {
    this.#items = items;
    this.shift();
  }

  shift(): void {
    const next = this.#items.next();
    this.head = next.done === true ? undefined : next.value;
  }
}

/** The least of the heads; the first source's where several tell of one task. */
function takeLeast(sources: readonly Source[]): Item | undefined {
  let least: Item | undefined;
  for (const { head } of sources) {
    if (head !== undefined && (least === undefined || comparePlaces(head.at, least.at) < 0)) least = head;
  }
  if (least === undefined) return undefined;
  for (const source of sources) {
    if (source.head !== undefined && comparePlaces(source.head.at, least.at) === 0) source.shift();
  }
  return least;
}
