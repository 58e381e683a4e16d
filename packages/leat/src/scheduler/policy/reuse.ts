import { LeatError } from '../../errors/index.ts';
import type { Command } from '../commands.ts';
import { shift, size } from '../state/fifo.ts';
import { reusableResult } from './reusable-result.ts';
import { dispatchItems } from './reuse-items.ts';
import type { Position, SchedulerState, Task } from '../state/state.ts';
import { addTask } from './tasks.ts';

/** `reuse` commands that are answered by one transaction, at most. */
const reuseWindow = 1000;

/**
 * Commands the next reuses. They take no worker's place, but only so many are under way at once. What follows on what was reused
 * goes before items: so it does not pile up.
 */
export function dispatchReuse(state: SchedulerState, out: Command[]): void {
  while (state.reusing < reuseWindow) {
    const task = shift(state.toReuse);
    if (task === undefined) break;
    task.phase = 'reusing';
    state.reusing += 1;
    commandReuse(state, task, out);
  }
  if (size(state.toReuse) === 0) dispatchItems(state, out, (position) => reuseItem(state, position, out));
}

/** The `reuse` of a task that may be reused. */
export function commandReuse(
  state: SchedulerState,
  task: Pick<Task, 'step' | 'address'>,
  out: Command[],
): void {
  const result = reusableResult(state, task.step, task.address);
  if (result === undefined) {
    throw new LeatError('INTERNAL', `the origin run has no result of '${task.address}' any more`);
  }
  out.push({
    type: 'reuse',
    task: task.address,
    manifest: result.manifest,
    outcome: result.outcome,
    originRun: result.run,
  });
}

/** Commands the reuse of one item, unless there are enough under way. */
function reuseItem(state: SchedulerState, position: Position, out: Command[]): boolean {
  if (state.reusing >= reuseWindow) return false;
  const task = addTask(state, position, { source: { kind: 'split' }, reusable: true, phase: 'reusing' });
  state.reusing += 1;
  commandReuse(state, task, out);
  return true;
}
