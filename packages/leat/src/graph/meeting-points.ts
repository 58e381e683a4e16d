import { arrowsFrom } from './arrows.ts';
import type { FlowGraph } from './graph.ts';

/**
 * Where all ways from a step meet again at the latest: the first step that none of them can pass by (its immediate
 * post-dominator, by the algorithm of Cooper, Harvey and Kennedy).
 *
 * @returns for each step that leads to `end` its meeting point; `end` has none
 */
export function meetingPoints(graph: FlowGraph): ReadonlyMap<string, string> {
  const arrows = graph.steps.flatMap(arrowsFrom);
  const into = Map.groupBy(arrows, ({ to }) => to);
  const from = Map.groupBy(arrows, (arrow) => arrow.from);
  const order = backwards('end', (step) => (into.get(step) ?? []).map((arrow) => arrow.from));
  const rank = new Map(order.map((step, at) => [step, at]));
  const meets = new Map([['end', 'end']]);
  const higher = (one: string, other: string): boolean =>
    (rank.get(one) as number) > (rank.get(other) as number);
  const common = (first: string, second: string): string => {
    let [one, other] = [first, second];
    while (one !== other) {
      if (higher(one, other)) one = meets.get(one) as string;
      else other = meets.get(other) as string;
    }
    return one;
  };
  for (let changed = true; changed;) {
    changed = false;
    for (const step of order.slice(1)) {
      const known = (from.get(step) ?? []).map(({ to }) => to).filter((to) => meets.has(to));
      const point = known.reduce(common);
      changed ||= meets.get(step) !== point;
      meets.set(step, point);
    }
  }
  meets.delete('end');
  return meets;
}

/** Reverse postorder of a walk against the arrows, without recursion. */
function backwards(root: string, before: (step: string) => readonly string[]): string[] {
  const seen = new Set([root]);
  const finished: string[] = [];
  const path = [{ step: root, rest: [...before(root)] }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.rest.pop();
    if (next === undefined) {
      finished.push(top.step);
      path.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      path.push({ step: next, rest: [...before(next)] });
    }
  }
  return finished.toReversed();
}
