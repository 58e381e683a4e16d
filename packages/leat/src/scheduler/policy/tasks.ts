import { LeatError } from '../../errors/index.ts';
import { formatTask } from '../../datastore/keys.ts';
import type { RunEvent } from '../../metadata/events.ts';
import { push } from '../state/fifo.ts';
import { pushTask } from '../state/ready-queue.ts';
import { reusableResult } from './reusable-result.ts';
import {
  countOf,
  pathOf,
  type Position,
  type SchedulerState,
  type Source,
  type Task,
} from '../state/state.ts';
import { nodeOf } from '../state/step-table.ts';

/** The newest events of a task that are kept for the message of a defect. */
const storyLength = 16;

/** The address of a position within the run, `train[3]~1`. */
function addressOf(state: SchedulerState, position: Position): string {
  const { name } = nodeOf(state.table, position.step);
  return formatTask({ step: name, path: pathOf(position), iteration: position.iteration });
}

/** Makes the task at a position; it is in no queue yet. */
export function addTask(
  state: SchedulerState,
  position: Position,
  origin: Pick<Task, 'source' | 'reusable' | 'phase'>,
): Task {
  const address = addressOf(state, position);
  const double = state.active.get(address);
  if (double !== undefined) throw defect(double, `'${address}' would start while it is '${double.phase}'`);
  const { step, frame, place, iteration, seen } = position;
  const task: Task = {
    step,
    frame,
    place,
    iteration,
    seen,
    address,
    source: origin.source,
    reusable: origin.reusable,
    phase: origin.phase,
    arrival: 0,
    attempt: 0,
    last: 0,
    copy: undefined,
    ownFailures: 0,
    platformFailures: 0,
    expiredStarts: 0,
    state: undefined,
    job: undefined,
    startedAt: undefined,
    chunk: undefined,
    dueAt: undefined,
    crowd: undefined,
    failure: undefined,
    story: [],
  };
  state.active.set(address, task);
  return task;
}

/** Makes the task at a position and queues it: to be reused where the origin run allows it, to be started otherwise. */
export function queueTask(
  state: SchedulerState,
  position: Position,
  from: { source: Source; reusable: boolean },
): void {
  countOf(state, position.step).waiting += 1;
  const task = addTask(state, position, { ...from, phase: 'ready' });
  if (from.reusable && reusableResult(state, position.step, task.address) !== undefined)
    push(state.toReuse, task);
  else makeReady(state, task);
}

/** Queues a task for its next attempt. */
export function makeReady(state: SchedulerState, task: Task): void {
  task.phase = 'ready';
  task.dueAt = undefined;
  task.crowd = undefined;
  pushTask(state.ready, task);
}

/** Adds an event to the task's story. */
export function remember(task: Task, event: RunEvent): void {
  if (task.story.length >= storyLength) task.story.splice(1, 1);
  task.story.push(event);
}

/** What cannot have happened, with all that did: thrown, never swallowed, since the state is wrong from here on. */
export function defect(task: Task, what: string): LeatError {
  const story = task.story.map((event) => JSON.stringify(event));
  return new LeatError('INTERNAL', `the scheduler cannot go on with the task '${task.address}': ${what}`, {
    hint: `Please report this with the events of the task:\n${story.join('\n')}`,
    details: { task: task.address, phase: task.phase, attempt: task.attempt, events: task.story },
  });
}
