import type { Frame, Position } from '../state/state.ts';
import { nodeOf, type StepId, type StepTable } from '../state/step-table.ts';

/** Which time round its loop a task is; what it has seen is {@link Position.seen}. */
export type Round = Pick<Position, 'iteration' | 'seen'>;

/**
 * The round of a step that `from` goes on to. Within a loop iterations never decrease along a chain of tasks, so "was
 * visited already with at least this iteration" is the same as "is among those seen with this iteration": nothing older
 * needs to be kept.
 */
export function nextRound(
  table: StepTable,
  from: Pick<Position, 'step' | 'iteration' | 'seen'>,
  to: StepId,
): Round {
  const loop = nodeOf(table, to).graph.loop;
  if (loop === undefined) return { iteration: 0, seen: [] };
  if (loop !== nodeOf(table, from.step).graph.loop) return { iteration: 0, seen: [to] };
  if (from.seen.includes(to)) return { iteration: from.iteration + 1, seen: [to] };
  return { iteration: from.iteration, seen: [...from.seen, to] };
}

/** The round of an item's first task. Its path is its own, so what was seen around it does not count. */
export function itemRound(table: StepTable, frame: Frame, first: StepId): Round {
  return nextRound(table, { ...frame.split, seen: [] }, first);
}

/**
 * The round of a join. Chains inside the frame may have gone round on their own; the join goes past all of them, so that
 * the next time round no address inside is used twice.
 */
export function joinRound(table: StepTable, frame: Frame): Round {
  const { split, join, high } = frame;
  const inLoop = nodeOf(table, join).graph.loop === nodeOf(table, split.step).graph.loop;
  if (inLoop && high > split.iteration) return { iteration: high + 1, seen: [join] };
  return nextRound(table, split, join);
}

/** Keeps the highest iteration of a frame that lies within a loop. */
export function noteRound(table: StepTable, frame: Frame, from: Pick<Position, 'step' | 'iteration'>): void {
  const loop = nodeOf(table, frame.split.step).graph.loop;
  if (loop === undefined || nodeOf(table, from.step).graph.loop !== loop) return;
  frame.high = Math.max(frame.high, from.iteration);
}
