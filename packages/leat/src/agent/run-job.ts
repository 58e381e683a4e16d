/**
 * One job on the machine that its platform gave it: read what it is told, run its task, carry its output away, and leave a record of its end.
 * next: `agent/job-process.ts`
 */
import { randomBytes } from 'node:crypto';
import type { Datastore } from '../datastore/datastore.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import type { AgentOrders } from './agent-environment.ts';
import type { Echo } from './echo.ts';
import { encodeEnd, type EndRecord } from './end-record.ts';
import { endKey, executionName } from './job-keys.ts';
import { endOfStopped } from './job-end.ts';
import { JobProcess } from './job-process.ts';
import { withPatience } from './patience.ts';
import { PieceWriter } from './piece-writer.ts';
import type { StopSignals } from './stop-signals.ts';

const chanceBytes = 3;
/** How long the record of the end is tried to be stored. In milliseconds. */
const endPatienceMs = 120_000;

/** What a job runs with. */
export interface JobSetting {
  readonly orders: AgentOrders;
  readonly store: Datastore;
  readonly message: TaskMessage;
  /** Full path of `runner.cjs`. */
  readonly runner: string;
  readonly echo: Echo;
  readonly signals: StopSignals;
}

/** Runs a job to its end; what the agent exits with. @throws LeatError STORE_UNAVAILABLE when the record of its end could not be stored */
export async function runJob({ orders, store, message, runner, echo, signals }: JobSetting): Promise<number> {
  const job = message.spec.token;
  const execution = executionName(Date.now(), randomBytes(chanceBytes).toString('hex'), orders.try);
  const writer = new PieceWriter(store, { name: job, execution });
  const child = new JobProcess(runner, message);
  signals.whenStopped(() => child.end(orders.stopSeconds));
  const relayed = relay(child, writer, echo);
  const ended = await child.ended();
  const { stopped } = signals;
  await relayed;
  const { status, exitCode } = stopped === undefined ? ended : endOfStopped(ended, stopped.signal);
  // The platform may start a job again that has not succeeded: what it leaves then must not go with its end record.
  const { rest, ...printed } = await writer.finish(status.state === 'succeeded');
  const record: EndRecord = {
    version: 1,
    execution,
    ...(orders.try === undefined ? {} : { try: orders.try }),
    status,
    ...(stopped === undefined ? {} : { stopped }),
    printed,
  };
  await withPatience(endPatienceMs, async () => store.put(endKey(job), encodeEnd(record, rest)));
  return exitCode;
}

async function relay(child: JobProcess, writer: PieceWriter, echo: Echo): Promise<void> {
  for await (const chunk of child.printed()) {
    echo.write(chunk);
    await writer.write({ ...chunk, at: Date.now() });
  }
}
