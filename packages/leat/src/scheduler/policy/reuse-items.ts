/**
 * Items of a foreach whose results are taken over together: neighbours of one outcome whose manifests are named alike. What the
 * origin run has no result of is known at once, and starts while the others are still being taken.
 */
import { LeatError } from '../../errors/index.ts';
import type { PlainOutcome } from '../../metadata/events.ts';
import { type ItemsReused, reusedManifest } from '../../metadata/reused-items.ts';
import { advance } from './advance.ts';
import { memberAddress } from '../../metadata/chunk-events.ts';
import type { Command } from '../commands.ts';
import { peek, shift } from '../state/fifo.ts';
import { describeFinished, type FinishedId, internFinished, packOf } from '../state/finished.ts';
import { itemGroup, itemPosition } from './frames.ts';
import type { OriginResult } from '../state/origin.ts';
import { mayTake } from './reusable-result.ts';
import {
  countOf,
  type Frame,
  pathOf,
  type Position,
  type ReuseOfItems,
  type SchedulerState,
} from '../state/state.ts';
import { nodeOf } from '../state/step-table.ts';

/** Items of one command, at most: a turn of the engine stays short. */
const itemsTogether = 4096;

/** Items that are commanded and not answered, at most; and commands, since each is an event. */
const itemsAtOnce = 8192;
const commandsAtOnce = 1000;

/** Commands the reuse of items as far as there is room for it; `single` takes one whose result is like no other. */
export function dispatchItems(
  state: SchedulerState,
  out: Command[],
  single: (position: Position) => boolean,
): void {
  for (let frame = peek(state.toScan); frame !== undefined; frame = peek(state.toScan)) {
    while (frame.scanned < frame.count) if (!takeSpan(state, frame, out, single)) return;
    shift(state.toScan);
  }
}

/** Goes past one span of a frame, or a part of it. `false`: there is no room for more. */
function takeSpan(
  state: SchedulerState,
  frame: Frame,
  out: Command[],
  single: (position: Position) => boolean,
): boolean {
  const { origin } = state;
  const from = frame.scanned;
  const first = itemPosition(state, frame, from);
  const group = itemGroup(state, frame);
  // Room for less than a whole command would be filled with scraps for ever.
  const hasRoom = state.itemsReusing + itemsTogether <= itemsAtOnce;
  if (origin === undefined || !hasRoom || state.reusingItems.size >= commandsAtOnce) return false;
  const { to, decided } = origin.span(group, from, Math.min(frame.count, from + itemsTogether));
  if (decided !== undefined && mayTake(state, first.step, decided)) {
    const results = isPlain(decided.outcome) ? origin.results(group, from, to) : undefined;
    if (results === undefined) {
      if (!single(first)) return false;
      frame.scanned += 1;
      return true;
    }
    const { outcome, run: originRun } = decided as { readonly outcome: PlainOutcome; readonly run: string };
    const command = { type: 'reuse-items', group, from, to, outcome, originRun, results } as const;
    state.reusingItems.set(memberAddress(group, from), { frame, command });
    state.itemsReusing += to - from;
    out.push(command);
  }
  frame.scanned = to;
  return true;
}

const isPlain = ({ kind }: OriginResult['outcome']): boolean =>
  kind === 'linear' || kind === 'branch' || kind === 'end';

/** The reuse that an event answers. */
export const reuseOf = (state: SchedulerState, { group, from }: ItemsReused): ReuseOfItems | undefined =>
  state.reusingItems.get(memberAddress(group, from));

/** Items were taken over: each of them goes on. */
export function onItemsReused(state: SchedulerState, event: ItemsReused): void {
  const reuse = reuseOf(state, event);
  if (reuse === undefined) return;
  const { frame } = reuse;
  const { group, from, to, outcome } = event;
  state.reusingItems.delete(memberAddress(group, from));
  state.itemsReusing -= to - from;
  const position = itemPosition(state, frame, from);
  const count = countOf(state, position.step);
  count.waiting -= to - from;
  count.reused += to - from;
  count.succeeded += to - from;
  const finishedAt = finishedItems(state, position, event);
  for (let place = from; place < to; place += 1) {
    const arrival = { from: { ...position, place }, finished: finishedAt(place - from), reused: true };
    advance(state, arrival, outcome);
  }
}

/** What is kept of each item, by its number from `from` on. */
function finishedItems(
  state: SchedulerState,
  position: Position,
  { results, from }: ItemsReused,
): (index: number) => FinishedId {
  const { flow, run } = state;
  const { name: step, id } = nodeOf(state.table, position.step);
  const { iteration } = position;
  const place = { flow, run, step, path: pathOf(position), id, iteration, attempt: 0 };
  const first = reusedManifest(results, 0, from);
  const { manifest, ...finished } = describeFinished(first, place);
  if (results.kind === 'packed') {
    const keep = packOf(state.finished, results.pack, finished);
    return (index) => keep(results.offsets[index] as number, results.lengths[index] as number);
  }
  if (manifest !== undefined)
    throw new LeatError('INTERNAL', `the manifest '${first}' is not named after its task`);
  const same = internFinished(state.finished, finished);
  return () => same;
}
