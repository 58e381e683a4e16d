/** `this.merge(inputs)`: which artifacts of the inputs the join takes over. References only: no value is read or copied. */
import type { ArtifactRef } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';
import type { MergeOptions } from '../flow/step-host.ts';
import type { ArtifactRefs } from './flow-fields.ts';
import type { JoinedTask } from './join-inputs.ts';

/** What is merged, and what is left out of it. */
export interface Merge {
  readonly step: string;
  readonly tasks: readonly JoinedTask[];
  readonly options: MergeOptions;
  /** The join has set it itself, or it is a parameter: it stays as it is. */
  readonly isTaken: (name: string) => boolean;
}

/** The tasks that hold one value of an artifact. */
interface Holders {
  readonly ref: ArtifactRef;
  readonly tasks: string[];
}

const shownTasks = 3;
const shownValues = 4;

function shown(names: readonly string[]): string {
  const more = names.length - shownTasks;
  return more > 1 ? `${names.slice(0, shownTasks).join(', ')} and ${more} more` : names.join(', ');
}

/** For each artifact its different values, with the tasks that hold them. */
function collect(
  tasks: readonly JoinedTask[],
  wanted: (name: string) => boolean,
): ReadonlyMap<string, readonly Holders[]> {
  const found = new Map<string, Map<string, Holders>>();
  for (const { label, refs } of tasks) {
    for (const [name, ref] of Object.entries(refs())) {
      if (!wanted(name)) continue;
      const values = found.get(name) ?? new Map<string, Holders>();
      found.set(name, values);
      const holders = values.get(ref.hash);
      if (holders === undefined) values.set(ref.hash, { ref, tasks: [label] });
      else holders.tasks.push(label);
    }
  }
  return new Map([...found].map(([name, values]) => [name, [...values.values()]]));
}

function conflict(step: string, found: readonly (readonly [string, readonly Holders[]])[]): LeatError {
  const lines = found.map(([name, values]) => {
    const told = values.slice(0, shownValues).map(({ ref, tasks }) => `${ref.type} in ${shown(tasks)}`);
    const more = values.length > shownValues ? `; ${values.length - shownValues} more values` : '';
    return `'${name}': ${told.join('; ')}${more}`;
  });
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

function missing(step: string, found: readonly (readonly [string, readonly string[]])[]): LeatError {
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
  const found = collect(tasks, wanted);
  const absent = (include ?? []).filter(wanted).flatMap((name): (readonly [string, readonly string[]])[] => {
    const without = tasks.filter(({ refs }) => !Object.hasOwn(refs(), name)).map(({ label }) => label);
    return without.length === 0 ? [] : [[name, without]];
  });
  if (absent.length > 0) throw missing(step, absent);
  const differing = [...found].filter(([, values]) => values.length > 1);
  if (differing.length > 0) throw conflict(step, differing);
  const merged: Record<string, ArtifactRef> = {};
  for (const [name, [holders]] of found) if (holders !== undefined) merged[name] = holders.ref;
  return merged;
}
