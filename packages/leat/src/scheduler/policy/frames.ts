/**
 * Splits and joins: a frame is opened when a foreach or branch task has finished, every chain of tasks inside it arrives
 * once, and the last arrival starts the join. Joining is counting: no sibling is ever looked at.
 */
import { LeatError } from '../../errors/index.ts';
import { emptyFifo, push } from '../state/fifo.ts';
import type { FinishedId } from '../state/finished.ts';
import { queueFresh } from './fresh-items.ts';
import { itemRound, joinRound, nextRound, noteRound } from './loops.ts';
import { pushFrame } from '../state/ready-queue.ts';
import type { TaskGroup } from '../../metadata/events.ts';
import { countOf, type Frame, pathOf, type Position, type SchedulerState } from '../state/state.ts';
import { type CompiledNext, nodeOf, type StepId } from '../state/step-table.ts';
import { queueTask } from './tasks.ts';

/** A task that has finished and goes on. */
export interface Arrival {
  readonly from: Position;
  readonly finished: FinishedId;
  readonly reused: boolean;
}

function makeFrame(arrival: Arrival, facts: Pick<Frame, 'kind' | 'join' | 'count' | 'items'>): Frame {
  const { step, frame, place, iteration, seen } = arrival.from;
  return {
    ...facts,
    split: { step, frame, place, iteration, seen },
    source: arrival.finished,
    reused: arrival.reused,
    depth: (frame?.depth ?? 0) + 1,
    pending: emptyFifo(),
    arrival: 0,
    scanned: 0,
    arrived: 0,
    arrivedReused: 0,
    high: iteration,
    common: undefined,
    arrivals: undefined,
  };
}

/** Opens the frame of a foreach; its items are one range, whatever their number. */
export function openForeach(
  state: SchedulerState,
  arrival: Arrival,
  next: Extract<CompiledNext, { kind: 'foreach' }>,
  items: { readonly count: number; readonly index?: string },
): void {
  const frame = makeFrame(arrival, {
    kind: 'foreach',
    join: next.join,
    count: items.count,
    items: items.index,
  });
  if (items.count === 0) {
    startJoin(state, frame);
    return;
  }
  countOf(state, next.to).waiting += items.count;
  if (frame.reused && state.origin !== undefined && !state.fresh.has(next.to)) {
    push(state.toScan, frame);
    queueFresh(state, frame, { first: next.to, group: itemGroup(state, frame) });
    return;
  }
  push(frame.pending, 0);
  push(frame.pending, items.count);
  pushFrame(state.ready, next.to, frame);
}

/** Opens the frame of a branch and queues the first task of each. */
export function openBranch(
  state: SchedulerState,
  arrival: Arrival,
  next: Extract<CompiledNext, { kind: 'branch' }>,
): void {
  const frame = makeFrame(arrival, {
    kind: 'branch',
    join: next.join,
    count: next.to.length,
    items: undefined,
  });
  for (const [place, to] of next.to.entries()) {
    const position = { step: to, frame, place, ...nextRound(state.table, arrival.from, to) };
    queueTask(state, position, { source: { kind: 'split' }, reusable: frame.reused });
  }
}

/** The position of a foreach frame's item at its first step. */
export function itemPosition(state: SchedulerState, frame: Frame, place: number): Position {
  const { next } = nodeOf(state.table, frame.split.step);
  if (next.kind !== 'foreach')
    throw new LeatError('INTERNAL', 'a frame has items, but its step is no foreach');
  return { step: next.to, frame, place, ...itemRound(state.table, frame, next.to) };
}

/** What a foreach frame's items are called at their first step. */
export function itemGroup(state: SchedulerState, frame: Frame): TaskGroup {
  const first = itemPosition(state, frame, 0);
  const { step, iteration } = first;
  return { step: nodeOf(state.table, step).name, path: pathOf(first).slice(0, -1), iteration };
}

/** A chain of tasks has reached the join that closes its frame. */
export function arrive(state: SchedulerState, arrival: Arrival, join: StepId): void {
  const { frame, place } = arrival.from;
  if (frame === undefined || frame.join !== join) {
    const name = nodeOf(state.table, join).name;
    throw new LeatError(
      'INTERNAL',
      `'${nodeOf(state.table, arrival.from.step).name}' reached the join '${name}' of another split`,
    );
  }
  keepArrival(frame, place, arrival.finished);
  noteRound(state.table, frame, arrival.from);
  frame.arrived += 1;
  if (arrival.reused) frame.arrivedReused += 1;
  if (frame.arrived === frame.count) startJoin(state, frame);
}

function keepArrival(frame: Frame, place: number, finished: FinishedId): void {
  frame.common ??= finished;
  if (frame.arrivals === undefined) {
    if (frame.common === finished) return;
    frame.arrivals = new Uint32Array(frame.count).fill(frame.common);
  }
  frame.arrivals[place] = finished;
}

/** What arrived at a place of a frame that has been joined. */
export function arrivalAt(frame: Frame, place: number): FinishedId {
  const finished = frame.arrivals?.[place] ?? frame.common;
  if (finished === undefined) throw new LeatError('INTERNAL', `nothing has arrived at place ${place}`);
  return finished;
}

function startJoin(state: SchedulerState, frame: Frame): void {
  const { split, join } = frame;
  const position: Position = {
    step: join,
    frame: split.frame,
    place: split.place,
    ...joinRound(state.table, frame),
  };
  const reusable = frame.reused && frame.arrivedReused === frame.count;
  queueTask(state, position, { source: { kind: 'join', frame }, reusable });
}
