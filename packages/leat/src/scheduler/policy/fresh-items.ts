import type { TaskGroup } from '../../metadata/events.ts';
import { size } from '../state/fifo.ts';
import { pushFrame } from '../state/ready-queue.ts';
import { mayTake } from './reusable-result.ts';
import type { Frame, SchedulerState } from '../state/state.ts';
import type { StepId } from '../state/step-table.ts';

/** The first step of a frame's items, and what they are called. */
interface Items {
  readonly first: StepId;
  readonly group: TaskGroup;
}

/** Queues the items of a frame that the origin run has no result of; ranges, whatever their number. */
export function queueFresh(state: SchedulerState, frame: Frame, { first, group }: Items): void {
  const { pending, count } = frame;
  const { origin } = state;
  if (origin === undefined) return;
  for (let from = 0; from < count;) {
    const { to, decided } = origin.span(group, from, count);
    if (decided === undefined || !mayTake(state, first, decided)) addRange(pending.items, from, to);
    from = to;
  }
  if (size(pending) > 0) pushFrame(state.ready, first, frame);
}

function addRange(ranges: number[], from: number, to: number): void {
  if (ranges.at(-1) === from) ranges[ranges.length - 1] = to;
  else ranges.push(from, to);
}
