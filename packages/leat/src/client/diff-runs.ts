import type { ArtifactFacts } from '../datastore/manifest.ts';
import type { ArtifactListing, TaskReader } from './task-reader.ts';
import type { RunReader } from './run-reader.ts';
import type { SourceFile } from './read-code.ts';

/** Something that two runs do not have in common. `before` is absent when it is new, `after` when it is gone. */
export interface Difference<T> {
  readonly name: string;
  readonly before?: T;
  readonly after?: T;
}

/** How the tasks of a step differ. */
export interface StepDifference {
  readonly step: string;
  /** Tasks of each run. */
  readonly tasks: { readonly before: number; readonly after: number };
  /** Tasks with the same address that were compared: the first ones of a wide step. */
  readonly compared: number;
  /** Artifacts that differ, with the number of compared tasks in which they do. */
  readonly artifacts: readonly { readonly name: string; readonly tasks: number }[];
  /** The text of the step's method differs. */
  readonly sourceChanged: boolean;
}

/** What differs between two runs; empty lists where nothing does. */
export interface RunDiff {
  readonly before: string;
  readonly after: string;
  readonly parameters: readonly Difference<unknown>[];
  /** Artifacts of `end`, by hash: equal hashes mean equal values. */
  readonly artifacts: readonly Difference<ArtifactFacts>[];
  readonly steps: readonly StepDifference[];
  /** The user's own files, by text. */
  readonly code: readonly Difference<string>[];
}

/** Tasks of one step that are compared artifact by artifact. */
const comparedTasks = 100;

/** Compares two runs by what they have stored. Works for runs of different flows, too. */
export async function diffRuns(before: RunReader, after: RunReader): Promise<RunDiff> {
  return {
    before: before.address,
    after: after.address,
    parameters: differences(Object.entries(before.parameters), Object.entries(after.parameters), sameJson),
    artifacts: differences(await endArtifacts(before), await endArtifacts(after), sameHash),
    steps: await stepDifferences(before, after),
    code: await codeDifferences(before, after),
  };
}

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const sameHash = (a: ArtifactFacts, b: ArtifactFacts): boolean => a.hash === b.hash;

function differences<T>(
  before: readonly (readonly [string, T])[],
  after: readonly (readonly [string, T])[],
  same: (a: T, b: T) => boolean,
): Difference<T>[] {
  const [old, now] = [new Map(before), new Map(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return names.flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (old.has(name) && now.has(name) && same(was as T, is as T)) return [];
    return [
      { name, ...(old.has(name) ? { before: was as T } : {}), ...(now.has(name) ? { after: is as T } : {}) },
    ];
  });
}

const byName = (artifacts: readonly ArtifactListing[]): [string, ArtifactFacts][] =>
  artifacts.map(({ name, ...facts }) => [name, facts]);

async function endArtifacts(run: RunReader): Promise<[string, ArtifactFacts][]> {
  for await (const end of run.step('end').tasks({ limit: 1 })) return byName(await end.artifacts());
  return [];
}

async function stepDifferences(before: RunReader, after: RunReader): Promise<StepDifference[]> {
  const names = new Set([...before.graph.steps, ...after.graph.steps].map(({ name }) => name));
  const found: StepDifference[] = [];
  for (const step of names) {
    const one = await stepDifference(step, before, after);
    if (one.sourceChanged || one.artifacts.length > 0 || one.tasks.before !== one.tasks.after)
      found.push(one);
  }
  return found;
}

async function stepDifference(step: string, before: RunReader, after: RunReader): Promise<StepDifference> {
  const tasks = { before: await taskCount(before, step), after: await taskCount(after, step) };
  const others = new Map((await firstTasks(after, step)).map((task) => [task.address, task]));
  const changed = new Map<string, number>();
  let compared = 0;
  for (const task of await firstTasks(before, step)) {
    const other = others.get(task.address);
    if (other === undefined) continue;
    compared += 1;
    const differing = differences(byName(await task.artifacts()), byName(await other.artifacts()), sameHash);
    for (const { name } of differing) changed.set(name, (changed.get(name) ?? 0) + 1);
  }
  const artifacts = [...changed].map(([name, count]) => ({ name, tasks: count }));
  const sourceChanged = before.plan.stepHashes[step] !== after.plan.stepHashes[step];
  return { step, tasks, compared, artifacts, sourceChanged };
}

const hasStep = (run: RunReader, step: string): boolean => run.graph.steps.some(({ name }) => name === step);

async function taskCount(run: RunReader, step: string): Promise<number> {
  return hasStep(run, step) ? (await run.step(step).counts()).total : 0;
}

async function firstTasks(run: RunReader, step: string): Promise<readonly TaskReader[]> {
  return hasStep(run, step) ? Array.fromAsync(run.step(step).tasks({ limit: comparedTasks })) : [];
}

async function codeDifferences(before: RunReader, after: RunReader): Promise<Difference<string>[]> {
  if (before.package === after.package) return [];
  const texts = (files: readonly SourceFile[]): [string, string][] =>
    files.map(({ path, text }) => [path, text]);
  return differences(texts(await before.code()), texts(await after.code()), (a, b) => a === b);
}
