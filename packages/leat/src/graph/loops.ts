import type { Edge } from './edges.ts';

/**
 * Groups the steps that can reach each other (strongly connected components; Tarjan, without recursion, so that the
 * depth of a graph is not bounded by the stack).
 *
 * @returns for each step of a loop its number, from 0 in the order of the steps; a step outside loops is absent
 */
export function numberLoops(steps: readonly string[], edges: readonly Edge[]): ReadonlyMap<string, number> {
  const next = Map.groupBy(edges, ({ from }) => from);
  const groups = new Components(next).of(steps);
  const cyclic = groups.filter(
    (group) => group.length > 1 || edges.some(({ from, to }) => from === to && from === group[0]),
  );
  const ordered = cyclic.toSorted((a, b) => firstOf(a, steps) - firstOf(b, steps));
  return new Map(ordered.flatMap((group, number) => group.map((step): [string, number] => [step, number])));
}

function firstOf(group: readonly string[], steps: readonly string[]): number {
  return Math.min(...group.map((step) => steps.indexOf(step)));
}

interface Visit {
  readonly step: string;
  readonly targets: readonly string[];
  at: number;
}

class Components {
  readonly #next: ReadonlyMap<string, readonly Edge[]>;
  readonly #index = new Map<string, number>();
  readonly #low = new Map<string, number>();
  readonly #open: string[] = [];
  readonly #isOpen = new Set<string>();
  readonly #groups: string[][] = [];

  constructor(next: ReadonlyMap<string, readonly Edge[]>) {
    this.#next = next;
  }

  of(steps: readonly string[]): string[][] {
    for (const step of steps) if (!this.#index.has(step)) this.#walk(step);
    return this.#groups;
  }

  #walk(root: string): void {
    const path: Visit[] = [this.#enter(root)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const target = visit.targets[visit.at++];
      if (target === undefined) {
        path.pop();
        this.#leave(visit.step, path.at(-1)?.step);
      } else if (!this.#index.has(target)) {
        path.push(this.#enter(target));
      } else if (this.#isOpen.has(target)) {
        this.#lower(visit.step, this.#index.get(target) as number);
      }
    }
  }

  #enter(step: string): Visit {
    this.#index.set(step, this.#index.size);
    this.#low.set(step, this.#index.size - 1);
    this.#open.push(step);
    this.#isOpen.add(step);
    return { step, targets: (this.#next.get(step) ?? []).map(({ to }) => to), at: 0 };
  }

  #leave(step: string, parent: string | undefined): void {
    const low = this.#low.get(step) as number;
    if (parent !== undefined) this.#lower(parent, low);
    if (low !== this.#index.get(step)) return;
    const group = this.#open.splice(this.#open.indexOf(step));
    for (const member of group) this.#isOpen.delete(member);
    this.#groups.push(group);
  }

  #lower(step: string, low: number): void {
    this.#low.set(step, Math.min(this.#low.get(step) as number, low));
  }
}
