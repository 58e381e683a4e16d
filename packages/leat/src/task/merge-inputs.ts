/** `this.merge(inputs)`: which artifacts of the inputs the join takes over. References only: no value is read or copied. */
import type { ArtifactRef } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';
import type { MergeOptions } from '../flow/step-host.ts';
import type { ArtifactRefs } from './flow-fields.ts';
import type { JoinedTask } from './join-inputs.ts';

/** What is merged, and what is left out of it. */
export interface Merge {
  readonly step: string;
  /** Gone over once. */
  readonly tasks: Iterable<JoinedTask>;
  readonly options: MergeOptions;
  /** The join has set it itself, or it is a parameter: it stays as it is. */
  readonly isTaken: (name: string) => boolean;
}

/** Tasks that have something in common: all are counted, the first are named. */
interface TaskCount {
  readonly first: string[];
  count: number;
}

/** An artifact's values by their hash: what they are, and who holds them. */
interface Values {
  readonly held: Map<string, TaskCount & { readonly ref: ArtifactRef }>;
  /** There are more values than are counted. */
  more: boolean;
}

const shownTasks = 3;
const shownValues = 4;
/** A million inputs may hold a million values. */
const countedValues = 10_000;

function add(tasks: TaskCount, label: string): void {
  tasks.count += 1;
  // One more than is shown: a single one is named rather than counted.
  if (tasks.first.length <= shownTasks) tasks.first.push(label);
}

function shown({ first, count }: TaskCount): string {
  const more = count - shownTasks;
  return more > 1 ? `${first.slice(0, shownTasks).join(', ')} and ${more} more` : first.join(', ');
}

/** Goes over the tasks once, and holds no more of them than is told. */
class Collector {
  readonly values = new Map<string, Values>();
  /** Artifacts that must be everywhere, and where they are not. */
  readonly absent: ReadonlyMap<string, TaskCount>;
  readonly #wanted: (name: string) => boolean;

  constructor(wanted: (name: string) => boolean, needed: readonly string[]) {
    this.#wanted = wanted;
    this.absent = new Map(needed.map((name) => [name, { first: [], count: 0 }]));
  }

  take(task: JoinedTask): void {
    const { label, artifacts } = task;
    for (const name of Object.keys(artifacts)) {
      const ref = artifacts[name];
      if (ref === undefined || !this.#wanted(name)) continue;
      const values = this.#valuesOf(name);
      const held = values.held.get(ref.hash);
      if (held !== undefined) add(held, label);
      else if (values.held.size === countedValues) values.more = true;
      else values.held.set(ref.hash, { ref: task.inherit(name, ref), first: [label], count: 1 });
    }
    for (const [name, without] of this.absent) if (!Object.hasOwn(artifacts, name)) add(without, label);
  }

  #valuesOf(name: string): Values {
    let values = this.values.get(name);
    if (values === undefined) this.values.set(name, (values = { held: new Map(), more: false }));
    return values;
  }
}

function valuesText({ held, more }: Values): string {
  const told = [...held.values().take(shownValues)].map((each) => `${each.ref.type} in ${shown(each)}`);
  const rest = held.size - shownValues;
  if (rest <= 0) return told.join('; ');
  return `${told.join('; ')}; ${more ? 'more than ' : ''}${rest} more values`;
}

function conflict(step: string, found: readonly (readonly [string, Values])[]): LeatError {
  const lines = found.map(([name, values]) => `'${name}': ${valuesText(values)}`);
  const names = found.map(([name]) => name);
  const exclude = names.map((name) => `'${name}'`).join(', ');
  return new LeatError(
    'MERGE_CONFLICT',
    `this.merge(inputs) in step '${step}' found values that differ between the inputs:\n  ${lines.join('\n  ')}`,
    {
      hint: `Set ${names.length === 1 ? `this.${names[0] ?? ''}` : 'them'} before this.merge(inputs), or leave out what is not needed: this.merge(inputs, { exclude: [${exclude}] }).`,
      details: { step, artifacts: names },
    },
  );
}

function missing(step: string, found: readonly (readonly [string, TaskCount])[]): LeatError {
  const lines = found.map(([name, tasks]) => `'${name}' is not set in ${shown(tasks)}`);
  return new LeatError(
    'MERGE_CONFLICT',
    `this.merge(inputs, { include }) in step '${step}' asks for what not every input has:\n  ${lines.join('\n  ')}`,
    {
      hint: 'Leave it out of include, or set it on every way to this join.',
      details: { step, artifacts: found.map(([name]) => name) },
    },
  );
}

/** The artifacts that the join takes over. @throws LeatError MERGE_CONFLICT naming all that differ: nothing is taken over then. */
export function mergeInputs({ step, tasks, options, isTaken }: Merge): ArtifactRefs {
  const { include, exclude } = options;
  const excluded = new Set(exclude);
  const included = include === undefined ? undefined : new Set(include);
  const wanted = (name: string): boolean =>
    !isTaken(name) && !excluded.has(name) && (included?.has(name) ?? true);
  const found = new Collector(wanted, (include ?? []).filter(wanted));
  for (const task of tasks) found.take(task);
  const absent = [...found.absent].filter(([, { count }]) => count > 0);
  if (absent.length > 0) throw missing(step, absent);
  const differing = [...found.values].filter(([, { held }]) => held.size > 1);
  if (differing.length > 0) throw conflict(step, differing);
  const merged: Record<string, ArtifactRef> = {};
  for (const [name, { held }] of found.values) for (const { ref } of held.values()) merged[name] = ref;
  return merged;
}
