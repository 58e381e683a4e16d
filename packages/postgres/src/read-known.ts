/** Reads the part of the tables that some events are about, but for what is in memory already. */
import type { ChunkFacts, RunEvent, StepCounts, TaskRecord, TaskEntry } from 'leat/metadata';
import { readChunks } from './chunk-rows.ts';
import type { Statements } from './database.ts';
import { attemptName, type Known } from './fold-batch.ts';
import { chunkTokens, type Chunks, type Mention, mentionsOf, withBegun } from './mentions.ts';
import { listCounts, readOlderAttempts, readTasks } from './task-rows.ts';

/** What is kept of a run between two appends. */
export interface InMemory {
  readonly run: number;
  readonly open: ReadonlyMap<string, TaskEntry>;
  readonly counts: ReadonlyMap<string, StepCounts>;
  readonly chunks: ReadonlyMap<string, ChunkFacts>;
}

/** The chunks that events speak of, as they were before these events. */
export async function knownChunks(
  statements: Statements,
  { run, chunks }: InMemory,
  events: readonly RunEvent[],
): Promise<Chunks> {
  const tokens = [...chunkTokens(events)];
  const missing = tokens.filter((token) => !chunks.has(token));
  const read = await readChunks(statements, run, missing);
  return new Map([...tokens.flatMap((token) => entryOf(chunks, token)), ...read]);
}

function entryOf(chunks: Chunks, token: string): [string, ChunkFacts][] {
  const chunk = chunks.get(token);
  return chunk === undefined ? [] : [[token, chunk]];
}

/** What the fold of some events needs. */
export async function readKnown(
  statements: Statements,
  memory: InMemory,
  chunks: Chunks,
  events: readonly RunEvent[],
): Promise<Known> {
  const { run, open } = memory;
  const all = withBegun(chunks, events);
  const tasks = new Map<string, TaskEntry>();
  const missing = new Set<string>();
  const steps = new Set<string>();
  const late: Mention[] = [];
  for (const mention of mentions(events, all)) {
    const entry = open.get(mention.task);
    if (entry === undefined) missing.add(mention.task);
    else tasks.set(mention.task, entry);
    steps.add(mention.step);
    if (mention.attempt !== undefined) late.push(mention);
  }
  for (const entry of await readTasks(statements, run, [...missing])) tasks.set(entry.task.task, entry);
  const older = await readOlderAttempts(statements, run, lateTasks(late, tasks));
  return {
    tasks,
    older: new Map(older.map((one) => [attemptName(one.task, one.attempt), one])),
    counts: await readCounts(statements, memory, steps),
    chunks,
  };
}

function* mentions(events: readonly RunEvent[], chunks: Chunks): Generator<Mention> {
  for (const event of events) yield* mentionsOf(event, chunks);
}

/** Tasks of which an attempt is spoken of that is older than their newest: of others, older attempts do not matter. */
function lateTasks(mentioned: readonly Mention[], tasks: ReadonlyMap<string, TaskEntry>): TaskRecord[] {
  const late = new Map<string, TaskRecord>();
  for (const { task, attempt = 0 } of mentioned) {
    const entry = tasks.get(task);
    if (entry?.newest !== undefined && attempt < entry.newest.attempt) late.set(task, entry.task);
  }
  return [...late.values()];
}

/** The counts of steps; of all those that are kept, and of some more. */
export async function readCounts(
  statements: Statements,
  { run, counts }: Pick<InMemory, 'run' | 'counts'>,
  steps: ReadonlySet<string>,
): Promise<Map<string, StepCounts>> {
  const all = new Map(counts);
  const missing = [...steps].filter((step) => !all.has(step));
  if (missing.length === 0) return all;
  for (const read of await listCounts(statements, run, missing)) all.set(read.step, read);
  return all;
}
