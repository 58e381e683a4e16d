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
  /** How often each attempt was handed over, by number. */
  readonly submitted: Map<number, number>;
  decidedAt: number | undefined;
}

const tasksPerPage = 1_000;

/** Checks a run that has ended. `ledger` is the file that the steps of all runs write to. */
export async function checkRun(
  metadata: MetadataStore,
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
    if (log.told.get(task)?.decidedAt === undefined) lost.push(`${task} has no result in the log`);
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
  /** When engines took the run. */
  readonly engines: readonly number[];
  readonly doubled: readonly string[];
}

async function readLog(metadata: MetadataStore, flow: string, id: string): Promise<Log> {
  const told = new Map<string, Told>();
  const engines: number[] = [];
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
      engines.push(event.at);
    }
    if (event.type === 'chunk-submitted') chunks.set(event.token, event);
    for (const one of singly(event, chunks)) {
      const task = told.get(one.task) ?? { submitted: new Map<number, number>(), decidedAt: undefined };
      told.set(one.task, task);
      if (one.type === 'attempt-submitted') {
        if (task.decidedAt !== undefined)
          doubled.push(`${one.task}@${one.attempt} was submitted after its result`);
        task.submitted.set(one.attempt, (task.submitted.get(one.attempt) ?? 0) + 1);
      } else if (one.type === 'attempt-succeeded') {
        if (task.decidedAt !== undefined) doubled.push(`${one.task} was decided again, by @${one.attempt}`);
        // What a bulk event says of a member bears the time of its process; the decision is the event's.
        task.decidedAt ??= event.at;
      }
      if (one.type !== 'attempt-succeeded' && one.type !== 'attempt-failed') continue;
      const attempt = `${one.task}@${one.attempt}`;
      if (ended.has(attempt)) doubled.push(`${attempt} ended twice`);
      ended.add(attempt);
    }
  }
  return { told, engines, doubled };
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
  metadata: MetadataStore,
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
async function readLedger(file: string, address: string, { told, engines }: Log): Promise<Ledger> {
  const tasks = new Set<string>();
  const times = new Map<string, number>();
  const doubled: string[] = [];
  let [executions, lateOfFenced] = [0, 0];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [name = '', at = '', pid = '', born = ''] = line.split(' ');
    if (!name.startsWith(`${address}/`)) continue;
    const attempt = name.slice(address.length + 1);
    const task = attempt.slice(0, attempt.lastIndexOf('@'));
    const number = Number(attempt.slice(attempt.lastIndexOf('@') + 1));
    executions += 1;
    tasks.add(task);
    times.set(attempt, (times.get(attempt) ?? 0) + 1);
    const facts = told.get(task);
    if ((times.get(attempt) ?? 0) > (facts?.submitted.get(number) ?? 0))
      doubled.push(
        `${attempt} began ${times.get(attempt)} times, submitted ${facts?.submitted.get(number) ?? 0}`,
      );
    const decidedAt = facts?.decidedAt ?? Infinity;
    if (Number(at) <= decidedAt) continue;
    const fenced = engines.some((taken) => taken > Number(born) && taken <= Number(at));
    if (fenced) lateOfFenced += 1;
    else doubled.push(`${attempt} began ${Number(at) - decidedAt} ms after its result, in process ${pid}`);
  }
  return { tasks, executions, lateOfFenced, doubled };
}
