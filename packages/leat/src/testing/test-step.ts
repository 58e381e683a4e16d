import { formatTask, manifestKey } from '../datastore/keys.ts';
import { writeItems } from '../datastore/items/write-items.ts';
import { locateItem, readItemIndex } from '../datastore/items/item-index.ts';
import { LeatError } from '../errors/index.ts';
import type { Flow } from '../flow/flow.ts';
import type { Artifacts, StepName } from '../flow/inputs.ts';
import type { FlowGraph, GraphStep } from '../graph/graph.ts';
import { knownArtifacts } from '../plan/known-artifacts.ts';
import { nearest } from '../plan/nearest.ts';
import type { ForeachFrame, TaskSource, TaskSpec } from '../plan/task-spec.ts';
import { arrivingSteps } from './arriving-steps.ts';
import { type DecidedNext, decidedNext } from './decided-next.ts';
import { runInProcess } from './run-in-process.ts';
import { leaveArtifacts, readArtifacts } from './test-artifacts.ts';
import { makeTestSetting, type RunOptions, type TestSetting } from './test-setting.ts';

/** Artifacts of a flow, some of them. */
export type SomeArtifacts<F extends Flow> = Partial<Artifacts<F>>;

/** A task that a join joins: its artifacts, and the item that it worked on. */
export type TestInput<F extends Flow> = SomeArtifacts<F> & { readonly input?: unknown };

export interface StepTestOptions<F extends Flow> extends RunOptions {
  /** What the steps before have left. */
  readonly artifacts?: SomeArtifacts<F>;
  /** The item of the foreach around the step: its argument, and `this.input`. */
  readonly input?: unknown;
  /** `this.index`; 0 unless told. */
  readonly index?: number;
  /** A join's inputs: after a foreach a list in the order of the items, after a branch a record by the step that comes in. */
  readonly inputs?: readonly TestInput<F>[] | { readonly [K in StepName<F>]?: TestInput<F> };
  /** What `current` tells beside the flow and the step. */
  readonly current?: {
    readonly run?: string;
    readonly attempt?: number;
    readonly triesLeft?: number;
    readonly iteration?: number;
  };
}

export interface StepTestResult<F extends Flow> {
  /** What the step leaves: what it has set, and what it passes on. */
  readonly artifacts: Artifacts<F>;
  readonly next: DecidedNext;
}

/**
 * Runs one step of a flow in this process, with the semantics of a real task: the graph is checked, artifacts pass through
 * the codecs, `this.next(…)` must agree with the graph, `@environment` holds. What the step throws, this throws;
 * `@retry`, `@catchError` and `@timeout` are for runs and do nothing here.
 *
 * @example
 * const { artifacts, next } = await testStep(TrainFlow, 'train', { input: 'fi', parameters: { alpha: 0.2 } });
 * expect(artifacts.score).toBeCloseTo(0.9);
 * expect(next).toEqual({ kind: 'linear', to: 'choose' });
 */
export async function testStep<F extends Flow>(
  flow: new () => F,
  step: StepName<F>,
  options: StepTestOptions<F> = {},
): Promise<StepTestResult<F>> {
  const setting = await makeTestSetting(flow, options);
  const graphStep = findStep(setting.graph, step);
  const spec = await specOf(setting, graphStep, options as AnyOptions);
  const { manifest, thrown } = await runInProcess(setting, flow, spec);
  if (manifest.status === 'failed') {
    const { message, hint, reason } = manifest.failure;
    throw (
      thrown ??
      new LeatError('TASK_FAILED', `the step '${step}' threw what is no Error: ${message}`, {
        hint,
        details: { reason },
      })
    );
  }
  const next = await decidedNext(setting.store, graphStep.next, manifest.outcome);
  return { artifacts: readArtifacts(setting.store, manifest), next };
}

type AnyArtifacts = Readonly<Record<string, unknown>>;

/** The options of any flow: from here on fields are names. */
interface AnyOptions extends Pick<StepTestOptions<Flow>, 'input' | 'index' | 'current'> {
  readonly artifacts?: AnyArtifacts;
  readonly inputs?: readonly AnyArtifacts[] | Readonly<Record<string, AnyArtifacts>>;
}

function findStep(graph: FlowGraph, name: string): GraphStep {
  const found = graph.steps.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = graph.steps.map((each) => each.name);
  const meant = nearest(name, names);
  throw new LeatError('STEP_MISUSE', `'${graph.flow}' has no step '${name}'`, {
    hint: meant === undefined ? `its steps are ${names.join(', ')}` : `did you mean '${meant}'?`,
  });
}

async function specOf(setting: TestSetting, step: GraphStep, options: AnyOptions): Promise<TaskSpec> {
  const { flow } = setting.graph;
  const { run = '1', attempt = 0, iteration = 0, ...told } = options.current ?? {};
  const plan = setting.plan.steps[step.name];
  const foreach = await framesOf(setting, step, options);
  const path = foreach.map(({ index }) => index);
  const address = { step: step.name, path, iteration };
  const joined =
    step.takes === 'inputs' ? await leaveInputs(setting, step, { options, run, path }) : undefined;
  return {
    ...setting.facts,
    version: 1,
    flow,
    run,
    step: step.name,
    task: formatTask(address),
    path,
    iteration,
    attempt,
    token: 'test',
    takes: step.takes,
    next: step.next,
    reads: step.reads,
    known: knownArtifacts(setting.graph, step),
    sources: await leaveSource(setting, step, { options, run, path }),
    ...joined,
    foreach,
    manifest: manifestKey(flow, run, address, attempt),
    triesLeft: told.triesLeft ?? (plan?.retry.times ?? 0) + 1 - attempt,
  };
}

interface Place {
  readonly options: AnyOptions;
  readonly run: string;
  readonly path: readonly number[];
}

// The foreaches around the step; only the innermost one has an item to tell.
async function framesOf(
  { graph, store }: TestSetting,
  { splits }: GraphStep,
  { input, index = 0 }: AnyOptions,
): Promise<ForeachFrame[]> {
  const around = splits.filter(
    (name) => graph.steps.find((each) => each.name === name)?.next.kind === 'foreach',
  );
  const frames: ForeachFrame[] = [];
  for (const [depth, split] of around.entries()) {
    const isInnermost = depth === around.length - 1;
    const items = await writeItems(store, [isInnermost ? input : undefined]);
    const item = locateItem(await readItemIndex(store, items), 0);
    const position = isInnermost ? index : 0;
    frames.push({ step: split, index: position, count: position + 1, item });
  }
  return frames;
}

async function leaveSource(
  setting: TestSetting,
  step: GraphStep,
  { options, run, path }: Place,
): Promise<readonly TaskSource[]> {
  if (step.takes === 'inputs' || (step.name === 'start' && options.artifacts === undefined)) return [];
  const source = arrivingSteps(setting.graph, step)[0] ?? 'start';
  return [await leave(setting, { step: source, run, path }, options.artifacts ?? {})];
}

async function leaveInputs(
  setting: TestSetting,
  step: GraphStep,
  place: Place,
): Promise<Pick<TaskSpec, 'sources' | 'joinedItems'>> {
  const { graph, store } = setting;
  const split = graph.steps.find(({ name }) => name === step.closes);
  const isForeach = split?.next.kind === 'foreach';
  const inputs = listInputs(place.options.inputs ?? [], {
    join: step.name,
    arriving: arrivingSteps(graph, step),
    isForeach,
  });
  const sources: TaskSource[] = [];
  for (const [i, [name, { input: _item, ...artifacts }]] of inputs.entries()) {
    const path = isForeach ? [...place.path, i] : place.path;
    sources.push(await leave(setting, { step: name, run: place.run, path }, artifacts));
  }
  if (!isForeach) return { sources };
  const items = await writeItems(
    store,
    inputs.map(([, { input }]) => input),
  );
  return { sources, ...(items.index !== undefined && { joinedItems: items.index }) };
}

interface Joining {
  readonly join: string;
  /** The steps that lead to the join, in the order of the split. */
  readonly arriving: readonly string[];
  readonly isForeach: boolean;
}

// Each input with the step that it comes from, in the order in which a run would give them.
function listInputs(
  inputs: NonNullable<AnyOptions['inputs']>,
  { join, arriving, isForeach }: Joining,
): readonly (readonly [string, AnyArtifacts])[] {
  const listed: readonly (readonly [string, AnyArtifacts])[] = isList(inputs)
    ? inputs.map((input, i) => [arriving[isForeach ? 0 : i] ?? `number ${i}`, input])
    : Object.entries(inputs);
  const wrong = listed.find(([name]) => !arriving.includes(name));
  if (wrong === undefined)
    return isForeach ? listed : listed.toSorted(([a], [b]) => arriving.indexOf(a) - arriving.indexOf(b));
  throw new LeatError('STEP_MISUSE', `the join '${join}' has no input '${wrong[0]}'`, {
    hint: `inputs come from ${arriving.join(', ')}`,
  });
}

const isList = (inputs: NonNullable<AnyOptions['inputs']>): inputs is readonly AnyArtifacts[] =>
  Array.isArray(inputs);

async function leave(
  { graph, store }: TestSetting,
  { run, ...at }: { readonly step: string; readonly run: string; readonly path: readonly number[] },
  artifacts: Readonly<Record<string, unknown>>,
): Promise<TaskSource> {
  const address = { ...at, iteration: 0 };
  const task = formatTask(address);
  // Beside the keys of the run: the step under test may be its own predecessor in a loop.
  const manifest = `before/${manifestKey(graph.flow, run, address, 0)}`;
  await leaveArtifacts(store, { key: manifest, task, artifacts });
  return { step: at.step, task, manifest };
}
