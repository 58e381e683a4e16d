import { setTimeout as delay } from 'node:timers/promises';
import { logKey } from '../datastore/keys.ts';
import { logOfManifest } from '../datastore/log-of-manifest.ts';
import { readLog } from '../datastore/log-store.ts';
import { LeatError } from '../errors/index.ts';
import { isDecided } from '../metadata/fold/fold-task.ts';
import { isDriven } from '../metadata/is-driven.ts';
import type { AttemptRecord, TaskRecord } from '../metadata/metadata-store.ts';
import type { RunContext } from './run-context.ts';

/** One line that a task printed. */
export interface LogLine {
  readonly attempt: number;
  /** Milliseconds since the epoch; 0 when the log does not say. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line end. */
  readonly text: string;
}

export interface LogOptions {
  /** Default: the newest. */
  readonly attempt?: number;
  /** Goes on until the task has ended (or, with `attempt`, that attempt), or nobody drives its run any more. */
  readonly follow?: boolean;
  /** Ends the reading; no error. */
  readonly signal?: AbortSignal;
}

/** Waits between two looks at a log that grows, in milliseconds. */
const firstLook = 100;
const longestLook = 2_000;

/** So long after the end of their attempt lines may still come, or after the ones before. In milliseconds. A run that ends has waited for all of them. */
const lateLines = { here: 500, elsewhere: 5_000 };

/** The lines of a task's log. Throws `NOT_FOUND` for an attempt that there is not. */
export async function* readTaskLog(
  context: RunContext,
  task: TaskRecord,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  const { attempt = Math.max(0, task.attempts - 1), follow = false } = options;
  if (options.attempt !== undefined && attempt >= task.attempts) throw noAttempt(context, task, attempt);
  if (task.originRun !== undefined && task.manifest !== undefined) {
    // The log lies in the folder of the run that made the manifest.
    const key = await logOfManifest(await context.source.datastore(context.record), task.manifest);
    yield* lines(context, { key, attempt, from: 0 }, options);
  } else if (follow) {
    yield* followLog(context, task, attempt, options);
  } else {
    yield* lines(context, { key: keyOf(context, task, attempt), attempt, from: 0 }, options);
  }
}

function noAttempt({ address }: RunContext, task: TaskRecord, attempt: number): LeatError {
  const there = task.attempts === 1 ? 'one, number 0' : `${task.attempts}, counted from 0`;
  return new LeatError('NOT_FOUND', `there is no attempt ${attempt} of '${address}/${task.task}'`, {
    hint:
      task.attempts === 0
        ? 'None has started.'
        : `There are ${there}.`.replace('There are one', 'There is one'),
  });
}

const keyOf = ({ record }: RunContext, task: TaskRecord, attempt: number): string =>
  logKey(record.flow, record.id, task, attempt);

interface Place {
  readonly key: string;
  readonly attempt: number;
  /** In bytes. */
  readonly from: number;
}

/** The lines that are there now; returns where to read on. */
async function* lines(
  context: RunContext,
  place: Place,
  { signal }: LogOptions,
): AsyncGenerator<LogLine, number> {
  const { key, attempt } = place;
  let position = place.from;
  const datastore = await context.source.datastore(context.record);
  for await (const { at, stream, text, next } of readLog(datastore, key, { from: position })) {
    if (signal?.aborted === true) return position;
    yield { attempt, at, stream, text };
    position = next;
  }
  return position;
}

async function* followLog(
  context: RunContext,
  task: TaskRecord,
  first: number,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  for (let attempt = first; ; attempt += 1) {
    yield* followAttempt(context, task, attempt, options);
    if (options.attempt !== undefined || options.signal?.aborted === true) return;
    if (!(await hasAttempt(context, task, attempt + 1, options))) return;
  }
}

async function* followAttempt(
  context: RunContext,
  task: TaskRecord,
  attempt: number,
  options: LogOptions,
): AsyncGenerator<LogLine> {
  let from = 0;
  let look = firstLook;
  /** Since when nothing has come of an attempt that is over, by a clock that only grows. */
  let quietSince: number | undefined;
  while (options.signal?.aborted !== true) {
    // Asked before the log is read: what is printed before the end is then surely there after one more look.
    const isLeft = await nobodyDrives(context);
    const ended = isLeft ? undefined : await endedAttempt(context, task, attempt);
    if (isLeft) await sleep(lateLines.here, options);
    const before = from;
    from = yield* lines(context, { key: keyOf(context, task, attempt), attempt, from }, options);
    if (isLeft) return;
    if (ended !== undefined) {
      if (from > before) quietSince = undefined;
      quietSince ??= performance.now();
      if (performance.now() - quietSince >= latenessOf(ended)) return;
    }
    look = from > before ? firstLook : Math.min(look * 1.5, longestLook);
    await sleep(look, options);
  }
}

/** Where a task ran elsewhere, its engine has to fetch what it has printed last. */
const latenessOf = ({ layer }: AttemptRecord): number =>
  layer === 'local' ? lateLines.here : lateLines.elsewhere;

/** An attempt, once it is over. */
async function endedAttempt(
  context: RunContext,
  task: TaskRecord,
  attempt: number,
): Promise<AttemptRecord | undefined> {
  const { flow, id } = context.record;
  const attempts = await (await context.metadata()).attempts(flow, id, task.task);
  return attempts.find((one) => one.attempt === attempt && one.endedAt !== undefined);
}

/** Waits until the next attempt was submitted; `false` when there will be none. */
async function hasAttempt(
  context: RunContext,
  task: TaskRecord,
  attempt: number,
  options: LogOptions,
): Promise<boolean> {
  const { flow, id } = context.record;
  const metadata = await context.metadata();
  for (let look = firstLook; options.signal?.aborted !== true; look = Math.min(look * 1.5, longestLook)) {
    const now = await metadata.task(flow, id, task.task);
    if ((now?.attempts ?? 0) > attempt) return true;
    if (now === undefined || isDecided(now.status) || (await nobodyDrives(context))) return false;
    await sleep(look, options);
  }
  return false;
}

/** The run has ended, was removed, or its engine is gone: nothing will come any more. */
async function nobodyDrives(context: RunContext): Promise<boolean> {
  const run = await (await context.metadata()).run(context.record.flow, context.record.id);
  return run?.status !== 'running' || !isDriven(run);
}

async function sleep(ms: number, { signal }: LogOptions): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
