/** What must hold of a run after all that was done to it, from three sides: its log, its tables, and what its steps wrote down themselves. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  type ChunkFacts,
  isChunkEvent,
  memberEvents,
  type MetadataStore,
  type RunEvent,
} from 'leat/metadata';
import { addressesOf, type Widths } from './items.ts';

/** What was found; every list but the counts must be empty. */
export interface RunCheck {
  readonly tasks: number;
  readonly executions: number;
  /** Bodies that a fenced engine's process began after another one had decided the task: allowed, and told. */
  readonly lateOfFenced: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/** A task, as the log tells of it. */
interface Told {
  /** By number of the attempt: how often it was handed over, and under which engine first. */
  readonly submitted: Map<number, { times: number; readonly engine: number }>;
  decided: { readonly at: number; readonly engine: number } | undefined;
}

const tasksPerPage = 1_000;

/** Checks a run that has ended. `ledger` is the file that the steps of all runs write to. */
export async function checkRun(
  metadata: Pick<MetadataStore, 'run' | 'events' | 'tasks'>,
  { address, widths, ledger }: { readonly address: string; readonly widths: Widths; readonly ledger: string },
): Promise<RunCheck> {
  const [flow = '', id = ''] = address.split('/');
  const lost: string[] = [];
  const doubled: string[] = [];
  const run = await metadata.run(flow, id);
  if (run?.status !== 'succeeded') lost.push(`${address} is ${run?.status}`);
  const log = await readLog(metadata, flow, id);
  doubled.push(...log.doubled);
  const listed = await listedTasks(metadata, flow, id);
  doubled.push(...listed.doubled);
  let tasks = 0;
  for (const task of addressesOf(widths)) {
    tasks += 1;
    if (log.told.get(task)?.decided === undefined) lost.push(`${task} has no result in the log`);
    if (!listed.succeeded.delete(task)) lost.push(`${task} has no result in the tables`);
  }
  for (const task of listed.succeeded) doubled.push(`${task} is no task of this run`);
  const ran = await readLedger(ledger, address, log);
  doubled.push(...ran.doubled);
  for (const task of log.told.keys()) if (!ran.tasks.has(task)) lost.push(`${task} never ran`);
  return { tasks, executions: ran.executions, lateOfFenced: ran.lateOfFenced, lost, doubled };
}

interface Log {
  readonly told: ReadonlyMap<string, Told>;
  readonly doubled: readonly string[];
}

async function readLog(metadata: Pick<MetadataStore, 'events'>, flow: string, id: string): Promise<Log> {
  const told = new Map<string, Told>();
  const doubled: string[] = [];
  const ended = new Set<string>();
  const chunks = new Map<string, ChunkFacts>();
  let epoch = 0;
  let seqBefore = 0;
  for await (const { seq, event } of metadata.events(flow, id)) {
    if (seq !== seqBefore + 1) doubled.push(`event ${seq} follows ${seqBefore}`);
    seqBefore = seq;
    if (event.type === 'engine-started') {
      if (event.epoch <= epoch) doubled.push(`engine ${event.pid} has epoch ${event.epoch} after ${epoch}`);
      epoch = event.epoch;
    }
    if (event.type === 'chunk-submitted') chunks.set(event.token, event);
    for (const one of singly(event, chunks)) {
      const task = told.get(one.task) ?? { submitted: new Map(), decided: undefined };
      told.set(one.task, task);
      if (one.type === 'attempt-submitted') {
        if (task.decided !== undefined)
          doubled.push(`${one.task}@${one.attempt} was submitted after its result`);
        const { times, engine } = task.submitted.get(one.attempt) ?? { times: 0, engine: epoch };
        task.submitted.set(one.attempt, { times: times + 1, engine });
      } else if (one.type === 'attempt-succeeded') {
        if (task.decided !== undefined) doubled.push(`${one.task} was decided again, by @${one.attempt}`);
        // What a bulk event says of a member bears the time of its process; the decision is the event's.
        task.decided ??= { at: event.at, engine: epoch };
      }
      if (one.type !== 'attempt-succeeded' && one.type !== 'attempt-failed') continue;
      const attempt = `${one.task}@${one.attempt}`;
      if (ended.has(attempt)) doubled.push(`${attempt} ended twice`);
      ended.add(attempt);
    }
  }
  return { told, doubled };
}

type AttemptEvent = Extract<RunEvent, { readonly task: string; readonly attempt: number }>;

/** An event as those about single attempts; none for others. */
function* singly(event: RunEvent, chunks: ReadonlyMap<string, ChunkFacts>): Generator<AttemptEvent> {
  if (!isChunkEvent(event)) {
    if ('attempt' in event && 'task' in event) yield event;
    return;
  }
  const chunk = chunks.get(event.token);
  if (chunk === undefined) return;
  for (const one of memberEvents(chunk, event))
    if (one.type !== 'member-started' && one.type !== 'member-returned') yield one;
}

async function listedTasks(
  metadata: Pick<MetadataStore, 'run' | 'events' | 'tasks'>,
  flow: string,
  id: string,
): Promise<{ readonly succeeded: Set<string>; readonly doubled: readonly string[] }> {
  const succeeded = new Set<string>();
  const doubled: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await metadata.tasks(flow, id, {
      limit: tasksPerPage,
      ...(after === undefined ? {} : { after }),
    });
    for (const { task, status } of page) {
      if (succeeded.has(task)) doubled.push(`${task} is listed twice`);
      if (status === 'succeeded') succeeded.add(task);
      else doubled.push(`${task} is ${status}`);
    }
    after = page.at(-1)?.task;
    if (page.length < tasksPerPage) return { succeeded, doubled };
  }
}

interface Ledger {
  readonly tasks: ReadonlySet<string>;
  readonly executions: number;
  readonly lateOfFenced: number;
  readonly doubled: readonly string[];
}

/** What the steps wrote down: no attempt began more often than it was handed over, and no task after its result. */
async function readLedger(file: string, address: string, { told }: Log): Promise<Ledger> {
  const tasks = new Set<string>();
  const times = new Map<string, number>();
  const doubled: string[] = [];
  let [executions, lateOfFenced] = [0, 0];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [name = '', at = '', pid = ''] = line.split(' ');
    if (!name.startsWith(`${address}/`)) continue;
    const attempt = name.slice(address.length + 1);
    const task = attempt.slice(0, attempt.lastIndexOf('@'));
    executions += 1;
    tasks.add(task);
    const began = (times.get(attempt) ?? 0) + 1;
    times.set(attempt, began);
    const facts = told.get(task);
    const given = facts?.submitted.get(Number(attempt.slice(attempt.lastIndexOf('@') + 1)));
    if (began > (given?.times ?? 0))
      doubled.push(`${attempt} began ${began} times, submitted ${given?.times ?? 0}`);
    const decided = facts?.decided;
    if (decided === undefined || Number(at) <= decided.at) continue;
    if (given !== undefined && given.engine < decided.engine) lateOfFenced += 1;
    else doubled.push(`${attempt} began ${Number(at) - decided.at} ms after its result, in process ${pid}`);
  }
  return { tasks, executions, lateOfFenced, doubled };
}
