/** What must hold when a simulated run has ended: the predicted tasks, each with one result, and a log that everybody reads alike. */
import { isDeepStrictEqual } from 'node:util';
import { project } from '../../metadata/fold/projection.ts';
import { sourcesAt } from '../fixtures/sources.fixture.ts';
import type { Ledger } from './ledger.fixture.ts';
import type { Scenario } from './scenario.fixture.ts';
import { Violation } from './violation.fixture.ts';
import type { World } from './world.fixture.ts';

/** @throws Violation */
export async function checkEnd(world: World): Promise<void> {
  checkStatus(world);
  checkTables(world);
  await checkSpecs(world);
}

function checkStatus({ ledger, scenario }: World): void {
  const { ended, results, failed, cancelRequested, prediction, jobs } = ledger;
  const [left] = jobs.values();
  if (left !== undefined)
    throw new Violation(
      `the run has ended, and '${[...left.tasks.keys()].join(' ')}' of it is in flight`,
      [...left.tasks.keys()][0],
    );
  for (const task of results.keys())
    if (!prediction.has(task))
      throw new Violation(`'${task}' has a result, and no such task was foreseen`, task);
  if (cancelRequested) expectSoon(ledger, scenario);
  if (ended === 'succeeded') {
    for (const task of prediction.keys())
      if (!results.has(task)) throw new Violation(`the run has succeeded, and '${task}' has no result`, task);
    return;
  }
  if (ended === 'failed' && failed.size === 0)
    throw new Violation('the run has failed, and no task of it has');
  if (ended === 'cancelled' && !cancelRequested)
    throw new Violation('the run was cancelled, and nobody has asked for it');
}

/** Where calls get through, a run that is to end does so within the grace that tasks have, and a little more. */
function expectSoon({ cancelledAt, beganAt, endedAt }: Ledger, scenario: Scenario): void {
  const { storms, stores, latency, faults, jumps } = scenario;
  const calm = storms.length === 0 && stores.fails === 0 && stores.answerLost === 0 && jumps.length === 0;
  if (!calm || latency.ms > 1000 || (faults.failingCall ?? 0) > 0) return;
  const took = endedAt - Math.max(cancelledAt, beganAt);
  if (took > 90_000) throw new Violation(`the run was to end, and did so ${Math.round(took / 1000)} s later`);
}

/** The tables that lists are read from. */
function checkTables({ ledger, metadata }: World): void {
  const { tasks, run, steps } = project(metadata.log);
  if (run.status !== ledger.ended)
    throw new Violation(`the tables say '${run.status}' of a run that ended '${ledger.ended}'`);
  const told = new Map(tasks.map((task) => [task.task, task]));
  for (const [task, manifest] of ledger.results) {
    const record = told.get(task);
    if (record?.status !== 'succeeded' || record.manifest !== manifest)
      throw new Violation(
        `the tables say '${record?.status}' of '${task}', with '${record?.manifest}' and not '${manifest}'`,
        task,
      );
    if (record.caught !== ledger.caught.has(task))
      throw new Violation(`the tables do not know that '${task}' was caught`, task);
  }
  for (const record of tasks) {
    if (record.status === 'succeeded' && !ledger.results.has(record.task))
      throw new Violation(`the tables know of a result of '${record.task}', and there is none`, record.task);
    if (!['succeeded', 'failed', 'cancelled'].includes(record.status))
      throw new Violation(
        `the tables say '${record.status}' of '${record.task}', and the run has ended`,
        record.task,
      );
  }
  for (const [step, counts] of steps) {
    const total = tasks.filter((task) => task.step === step).length;
    if (counts.total !== total)
      throw new Violation(`the tables count ${counts.total} tasks of '${step}', and list ${total}`);
  }
}

/** What processes were given: the results of the tasks before theirs, and their own item. */
async function checkSpecs({ platform, ledger, datastore }: World): Promise<void> {
  for (const spec of platform.specs) {
    const { task, foreach, path } = spec;
    const given = await sourcesAt(datastore, spec);
    const foreseen = ledger.prediction.get(task);
    if (
      !isDeepStrictEqual(
        given.map((source) => source.task),
        foreseen,
      )
    )
      throw new Violation(
        `'${task}' was given ${given.map((source) => source.task).join(' ')} and not ${foreseen?.join(' ')}`,
        task,
      );
    for (const source of given) {
      const decided = ledger.results.get(source.task);
      if (source.manifest !== decided)
        throw new Violation(
          `'${task}' was given '${source.manifest}' of '${source.task}', and its result is '${decided}'`,
          task,
        );
    }
    for (const [depth, { item }] of foreach.entries()) {
      if (item?.offset !== path[depth]! * 10)
        throw new Violation(`'${task}' was given another item than its own`, task);
    }
  }
}
