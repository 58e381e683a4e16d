import { LeatError } from '../errors/index.ts';
import type { Command } from './commands.ts';
import { peek, push, shift, size } from './fifo.ts';
import { itemRound } from './loops.ts';
import { pushFrame } from './ready-queue.ts';
import { reusableResult } from './reusable-result.ts';
import type { Frame, SchedulerState, Task } from './state.ts';
import { nodeOf } from './step-table.ts';
import { addressOf, addTask } from './tasks.ts';

/** `reuse` commands that are answered by one transaction, at most. */
const reuseWindow = 1000;

/** Commands the next reuses. They take no worker's place, but only so many are under way at once. */
export function dispatchReuse(state: SchedulerState, out: Command[]): void {
  while (state.reusing < reuseWindow) {
    const task = shift(state.toReuse);
    if (task === undefined) break;
    task.phase = 'reusing';
    state.reusing += 1;
    commandReuse(state, task, out);
  }
  for (let frame = peek(state.toScan); frame !== undefined; frame = peek(state.toScan)) {
    scanFrame(state, frame, out);
    if (frame.scanned < frame.count) break;
    shift(state.toScan);
  }
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

/** Goes on through a frame's items: what can be reused is commanded, the rest becomes pending, still as ranges. */
function scanFrame(state: SchedulerState, frame: Frame, out: Command[]): void {
  const { next } = nodeOf(state.table, frame.split.step);
  if (next.kind !== 'foreach') return;
  const round = itemRound(state.table, frame, next.to);
  while (frame.scanned < frame.count && state.reusing < reuseWindow) {
    const position = { step: next.to, frame, place: frame.scanned, ...round };
    const address = addressOf(state, position);
    if (reusableResult(state, next.to, address) === undefined) {
      addPending(state, frame, frame.scanned);
    } else {
      const task = addTask(state, position, { source: { kind: 'split' }, reusable: true, phase: 'reusing' });
      state.reusing += 1;
      commandReuse(state, task, out);
    }
    frame.scanned += 1;
  }
}

function addPending(state: SchedulerState, frame: Frame, place: number): void {
  const { pending } = frame;
  if (size(pending) === 0) {
    const { next } = nodeOf(state.table, frame.split.step);
    if (next.kind === 'foreach') pushFrame(state.ready, next.to, frame);
  } else if (pending.items.at(-1) === place) {
    pending.items[pending.items.length - 1] = place + 1;
    return;
  }
  push(pending, place);
  push(pending, place + 1);
}
