/** What chaos runs: how many tasks of which step, what each item does, and what it makes. Pure: the flow and those who check it share it. */

/** What the body of an item does besides. */
export interface Body {
  readonly waitMs: number;
  /** A program that the body starts: it waits for its end, or leaves it behind. */
  readonly child?: 'awaited' | 'left';
}

/** Leaves of each group. */
const leaves = 5;

const tasksOfGroup = leaves + 5;

/** `start`, `wide`, `collect`, `deep`, `gather`, `total`, `end`. */
const tasksAlone = 7;

/** A number that looks like chance and is the same for the same item. */
const scattered = (item: number): number => (Math.imul(item + 1, 0x9e3779b1) >>> 7) % 1000;

/** The result of an item. */
export const valueOf = (item: number): number => item * 7 + 3;

/** What an item's body does: most wait for a few milliseconds, some for longer. */
export function bodyOf(item: number): Body {
  const chance = scattered(item);
  const waitMs = chance < 30 ? 150 : chance % 20;
  if (chance >= 990) return { waitMs, child: 'left' };
  return chance >= 980 ? { waitMs, child: 'awaited' } : { waitMs };
}

/** Items of the inner foreach of a group. */
export const leavesOfGroup = (group: number): readonly number[] =>
  Array.from({ length: leaves }, (_, leaf) => group * leaves + leaf);

/** The widths of the flow's splits. */
export interface Widths {
  readonly items: number;
  readonly groups: number;
}

/** Widths with which the flow has this many tasks, one in forty of them in nested splits. */
export function widthsOf(tasks: number): Widths {
  const groups = Math.max(1, Math.floor(tasks / (40 * tasksOfGroup)));
  return { groups, items: Math.max(1, tasks - tasksAlone - groups * tasksOfGroup) };
}

/** Addresses of all tasks that a run must have. */
export function* addressesOf({ items, groups }: Widths): Generator<string> {
  yield* ['start', 'wide', 'deep', 'collect', 'gather', 'total', 'end'];
  for (let item = 0; item < items; item += 1) yield `work[${item}]`;
  for (let group = 0; group < groups; group += 1) {
    for (const step of ['family', 'fold', 'left', 'right', 'both']) yield `${step}[${group}]`;
    for (let leaf = 0; leaf < leaves; leaf += 1) yield `leaf[${group},${leaf}]`;
  }
}
