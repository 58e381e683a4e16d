/**
 * The agent: what a remote job starts, by the bootstrap or under a Node that is there already.
 *
 *     node agent.cjs        (what it is told: agent-environment.ts; beside it lie runner.cjs, program.cjs, and driver.cjs where the datastore needs one)
 *
 * Ends with the exit code of the task's process, or with one of `agentExits` when there was none.
 * next: `agent/run-job.ts`
 */
import { existsSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Datastore } from '../datastore/datastore.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import { isLeatError } from '../errors/index.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import { type AgentOrders, readAgentEnvironment } from './agent-environment.ts';
import { agentExits } from './agent-exit.ts';
import { Echo } from './echo.ts';
import { withPatience } from './patience.ts';
import { runJob } from './run-job.ts';
import { StopSignals } from './stop-signals.ts';
import { readWork } from './work-object.ts';

/** How long the datastore is waited for before there is no job. In milliseconds. */
const workPatienceMs = 60_000;
/** How long a reader of our own output is waited for at the end. In milliseconds. */
const drainMs = 2000;
/** As a shell reports the end by SIGTERM. */
const terminated = 143;

const folder = import.meta.dirname;

async function main(): Promise<number> {
  const signals = new StopSignals();
  const orders = await failing(agentExits.misconfigured, async () => readAgentEnvironment(process.env));
  const { store, message } = await failing(agentExits.workUnreadable, async () => readOrders(orders));
  if (signals.stopped !== undefined) return terminated;
  const echo = new Echo(process.stdout, process.stderr);
  const runner = path.join(folder, 'runner.cjs');
  const code = await runJob({ orders, store, message, runner, echo, signals }).catch((error: unknown) => {
    say(error);
    return agentExits.agentFailed;
  });
  await echo.drained(drainMs);
  return code;
}

async function readOrders(
  orders: AgentOrders,
): Promise<{ readonly store: Datastore; readonly message: TaskMessage }> {
  const beside = path.join(folder, 'driver.cjs');
  const driver = existsSync(beside) ? beside : undefined;
  const store = await openDatastore(orders.datastore, driver);
  const told = await withPatience(workPatienceMs, async () => readWork(store, orders.work, orders.index));
  // Where the datastore and its driver are is known here better than where the message was written.
  const message = { ...told, datastore: orders.datastore, ...(driver === undefined ? {} : { driver }) };
  return { store, message };
}

/** Ends this process when a call fails: there will be no record of it. */
async function failing<T>(exit: number, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    say(error);
    return process.exit(exit);
  }
}

function say(error: unknown): void {
  const hint = isLeatError(error) && error.hint !== undefined ? `\n  fix: ${error.hint}` : '';
  const text = isLeatError(error) ? `${error.code} ${error.message}${hint}` : String(error);
  writeSync(2, `leat: ${text}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error);
    process.exit(agentExits.agentFailed);
  },
);
