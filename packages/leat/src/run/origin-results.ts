import { formatPackedKey, type PackedPlace, parsePackedKey } from '../datastore/packs/packed-key.ts';
import { manifestKey, parseTask, type TaskAddress } from '../datastore/keys.ts';
import type { EventOutcome, ReusedResults, TaskGroup } from '../metadata/events.ts';
import type { OriginResult, OriginSpan } from '../scheduler/state/origin.ts';

/** What many results have in common. */
interface Rule {
  /** Key of the pack, or of the manifest when it follows no rule. */
  readonly key?: string;
  readonly kind: 'pack' | 'attempt' | 'key';
  readonly attempt: number;
  readonly outcome: EventOutcome;
  readonly run: string;
}

/** The results of the tasks of one step in one foreach and one time round its loop, by place. */
interface Group {
  /** Number of the rule, from 1; 0: no result. */
  rules: Uint32Array;
  /** Of results in packs. An offset may pass 4 GB. */
  offsets: Float64Array;
  lengths: Uint32Array;
}

const smallest = 8;

/** Places in packs are told in bulk below this. */
const longest = 2 ** 32;

/** A key taken apart around the last index of its task's path. */
const aroundPlace = /^(?<before>.*[/,])\d+(?<after>[^/,]*)$/;

/**
 * Results of tasks by address, about 16 bytes each where they are many: those of a million tasks would not fit as objects into
 * the memory that an engine may take.
 */
export class OriginResults {
  readonly #flow: string;
  readonly #groups = new Map<string, Group>();
  readonly #rules: Rule[] = [];
  readonly #ruleIds = new Map<string, number>();
  #last: { readonly rule: Rule; readonly id: number } | undefined;
  #size = 0;

  constructor(flow: string) {
    this.#flow = flow;
  }

  /** How many results there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds the result of a task that has none. */
  add(address: TaskAddress, result: OriginResult): void {
    const place = placeOf(address);
    const group = this.#groupFor(groupOf(address), place);
    const packed = parsePackedKey(result.manifest);
    group.rules[place] = this.#ruleId(ruleOf(result, packed, { flow: this.#flow, address }));
    group.offsets[place] = packed?.offset ?? 0;
    group.lengths[place] = packed?.length ?? 0;
    this.#size += 1;
  }

  /** The result of a task. */
  get(task: string): OriginResult | undefined {
    const address = parseTask(task);
    if (address === undefined) return undefined;
    const place = placeOf(address);
    const group = this.#groups.get(groupOf(address));
    const rule = this.#rules[(group?.rules[place] ?? 0) - 1];
    if (group === undefined || rule === undefined) return undefined;
    const { outcome, run } = rule;
    return { manifest: this.#manifest(rule, address, group), outcome, run };
  }

  /** Removes the result of a task. */
  delete(task: string): void {
    const address = parseTask(task);
    const group = address === undefined ? undefined : this.#groups.get(groupOf(address));
    if (address === undefined || group === undefined) return;
    const place = placeOf(address);
    if ((group.rules[place] ?? 0) === 0) return;
    group.rules[place] = 0;
    this.#size -= 1;
  }

  /** The places from `from` on that are decided alike, or not at all; at most up to `to`. */
  span(items: TaskGroup, from: number, to: number): OriginSpan {
    const rules = this.#groups.get(groupOf(itemOf(items, from)))?.rules;
    if (rules === undefined || from >= rules.length) return { to };
    const id = rules[from] ?? 0;
    const last = Math.min(to, rules.length);
    let end = from + 1;
    while (end < last && rules[end] === id) end += 1;
    const rule = this.#rules[id - 1];
    if (rule === undefined) return { to: end === rules.length ? to : end };
    return { to: end, decided: { outcome: rule.outcome, run: rule.run } };
  }

  /** Where the results of a {@link span} are, when they are named alike. */
  results(items: TaskGroup, from: number, to: number): ReusedResults | undefined {
    const address = itemOf(items, from);
    const group = this.#groups.get(groupOf(address));
    const rule = this.#rules[(group?.rules[from] ?? 0) - 1];
    if (group === undefined || rule === undefined || rule.kind === 'key') return undefined;
    if (rule.kind === 'attempt') return namedAround(this.#manifest(rule, address, group));
    const offsets = Array.from(group.offsets.subarray(from, to));
    if (offsets.some((offset) => offset >= longest)) return undefined;
    const lengths = Array.from(group.lengths.subarray(from, to));
    return { kind: 'packed', pack: rule.key ?? '', offsets, lengths };
  }

  #manifest({ kind, key = '', attempt, run }: Rule, address: TaskAddress, group: Group): string {
    if (kind === 'key') return key;
    if (kind === 'attempt') return manifestKey(this.#flow, run, address, attempt);
    const place = placeOf(address);
    return formatPackedKey({
      pack: key,
      offset: group.offsets[place] ?? 0,
      length: group.lengths[place] ?? 0,
    });
  }

  #ruleId(rule: Rule): number {
    // Neighbours mostly follow the rule of the one before.
    const last = this.#last;
    if (last !== undefined && isSame(last.rule, rule)) return last.id;
    const id = this.#interned(rule);
    this.#last = { rule, id };
    return id;
  }

  #interned(rule: Rule): number {
    const name = JSON.stringify(rule);
    const known = this.#ruleIds.get(name);
    if (known !== undefined) return known;
    const id = this.#rules.push(rule);
    this.#ruleIds.set(name, id);
    return id;
  }

  #groupFor(name: string, place: number): Group {
    const known = this.#groups.get(name) ?? emptyGroup(1);
    const group = place < known.rules.length ? known : grown(known, place);
    this.#groups.set(name, group);
    return group;
  }
}

/** A task outside of any foreach is the only one of its group. */
const placeOf = ({ path }: TaskAddress): number => path.at(-1) ?? 0;

const itemOf = ({ step, path, iteration }: TaskGroup, place: number): TaskAddress => ({
  step,
  path: [...path, place],
  iteration,
});

function namedAround(manifest: string): ReusedResults | undefined {
  const { before, after } = aroundPlace.exec(manifest)?.groups ?? {};
  return before === undefined || after === undefined ? undefined : { kind: 'named', before, after };
}

const groupOf = ({ step, path, iteration }: TaskAddress): string =>
  `${step}~${iteration}:${path.length}:${path.slice(0, -1).join()}`;

function ruleOf(
  { manifest, outcome, run }: OriginResult,
  packed: PackedPlace | undefined,
  { flow, address }: { readonly flow: string; readonly address: TaskAddress },
): Rule {
  if (packed !== undefined) return { kind: 'pack', key: packed.pack, attempt: 0, outcome, run };
  const attempt = Number(/@(\d+)\.json$/.exec(manifest)?.[1] ?? 0);
  if (manifestKey(flow, run, address, attempt) === manifest)
    return { kind: 'attempt', attempt, outcome, run };
  return { kind: 'key', key: manifest, attempt, outcome, run };
}

/** Told from one that is not the same object only by its parts: outcomes may be long. */
const isSame = (a: Rule, b: Rule): boolean =>
  a.outcome === b.outcome &&
  a.key === b.key &&
  a.kind === b.kind &&
  a.attempt === b.attempt &&
  a.run === b.run;

const emptyGroup = (places: number): Group => ({
  rules: new Uint32Array(places),
  offsets: new Float64Array(places),
  lengths: new Uint32Array(places),
});

function grown(group: Group, place: number): Group {
  const larger = emptyGroup(Math.max(smallest, place + 1, Math.ceil(group.rules.length * 1.5)));
  larger.rules.set(group.rules);
  larger.offsets.set(group.offsets);
  larger.lengths.set(group.lengths);
  return larger;
}
