/**
 * Graph + decorators + `--with` → the run's plan: where each step runs, with what, how often and how long, decided once before
 * the run starts and stored with it. Pure: hashing is handed in, and no layer is asked.
 *
 * next: `scheduler/transition.ts`
 */
import { LeatError } from '../errors/index.ts';
import type {
  FlowDescription,
  StepDecorators,
  StepDescription,
  TimeoutOptions,
} from '../flow/description.ts';
import type { FlowGraph, GraphStep } from '../graph/graph.ts';
import { type AddedDecorators, addedDecorators, addedFor, decoratorNames } from './added-decorators.ts';
import { nearest } from './nearest.ts';
import type { WithSpec } from './parse-with.ts';
import type { RunPlan, StepPlan } from './plan.ts';
import { resolveResources, resourceNames } from './resolve-resources.ts';
import { resolveRetry } from './resolve-retry.ts';

export interface PlanRequest {
  readonly graph: FlowGraph;
  readonly description: FlowDescription;
  /** In the order of the command line. */
  readonly with: readonly WithSpec[];
  /** Hash of the code package. */
  readonly package: string;
  /** Names of compute layers that this installation can open. A name with `/` is a module and is always let through. */
  readonly layers: readonly string[];
  /** Options of layers that hold where neither a decorator nor `--with` gives them: those of the profile. */
  readonly layerDefaults?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** sha256 of a text, in hex. */
  readonly hash: (text: string) => string;
}

/** The layer of a step that nothing sends elsewhere. */
const defaultLayer = 'local';

/**
 * Resolves the plan of a run.
 *
 * @throws OPTION_INVALID naming the step and the decorator, LAYER_UNKNOWN.
 */
export function makePlan({
  graph,
  description,
  package: packageHash,
  layers,
  layerDefaults = {},
  hash,
  ...request
}: PlanRequest): RunPlan {
  const added = addedDecorators(request.with);
  const steps: Record<string, StepPlan> = {};
  const stepHashes: Record<string, string> = {};
  for (const step of graph.steps) {
    const described = description.steps.find(({ name }) => name === step.name);
    if (described === undefined)
      throw new TypeError(`no step '${step.name}' in the description of '${graph.flow}'`);
    const plan = planStep(step, described, { added, layerDefaults });
    requireLayer(plan, layers);
    steps[step.name] = plan;
    stepHashes[step.name] = hash(described.source);
  }
  // `--with` may find no step that it holds for; a name that is wrong is wrong all the same.
  if (added.layer !== undefined) requireLayer({ layer: added.layer.name }, layers);
  return { version: 1, flow: graph.flow, graph, steps, package: packageHash, stepHashes };
}

/** What holds for all steps. */
interface Surroundings {
  readonly added: AddedDecorators;
  readonly layerDefaults: NonNullable<PlanRequest['layerDefaults']>;
}

function planStep(
  step: GraphStep,
  { name, decorators: own }: StepDescription,
  { added: all, layerDefaults }: Surroundings,
): StepPlan {
  const added = addedFor(name, own, all);
  const { retry, timeout, catchError, environment, layer } = { ...added, ...own };
  const layerName = layer?.name ?? defaultLayer;
  const given = withoutResources(layer?.options ?? {});
  const defaults = layerDefaults[layerName] ?? {};
  const fromProfile = Object.keys(withoutResources(defaults)).filter((option) => given[option] === undefined);
  if (catchError !== undefined) requireCase(step, catchError, own.catchError === undefined);
  return {
    step: name,
    layer: layerName,
    layerOptions: { ...withoutResources(defaults), ...given },
    ...(fromProfile.length > 0 && { fromProfile }),
    resources: checkedResources(name, layerName, resolveResources(own, added, defaults)),
    retry: resolveRetry(retry),
    ...(timeout !== undefined && { timeoutSeconds: secondsOf(timeout) }),
    ...(catchError !== undefined && { catchError }),
    environment: { ...environment?.vars },
    ...sharingOf(own),
  };
}

/** How the step's tasks share processes and places; `--with` has no say in it. */
function sharingOf({
  isolation,
  chunk,
  concurrency,
}: StepDecorators): Pick<StepPlan, 'isolation' | 'chunk' | 'concurrency'> {
  return {
    ...((isolation === 'reuse' || chunk !== undefined) && { isolation: 'reuse' }),
    ...(chunk !== undefined && { chunk }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

function secondsOf({ seconds = 0, minutes = 0, hours = 0 }: TimeoutOptions): number {
  return seconds + 60 * minutes + 3600 * hours;
}

function withoutResources(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => !(resourceNames as readonly string[]).includes(name)),
  );
}

// A layer's decorator is checked by its layer later, but resources mean the same on all of them.
function checkedResources(
  step: string,
  layer: string,
  resources: StepPlan['resources'],
): StepPlan['resources'] {
  for (const name of resourceNames) {
    const { value, origin } = resources[name] as { readonly value: unknown; readonly origin: string };
    if (origin === 'default') continue;
    const least = name === 'gpu' ? 'a whole number of at least 0' : 'a number above 0';
    const fine =
      name === 'gpu'
        ? Number.isSafeInteger(value) && (value as number) >= 0
        : Number.isFinite(value) && (value as number) > 0;
    if (fine) continue;
    const by = origin === 'layer decorator' ? `@${layer}` : origin === 'profile' ? 'the profile' : origin;
    throw new LeatError(
      'OPTION_INVALID',
      `${by} of the step '${step}': '${name}' must be ${least}, got ${JSON.stringify(value)}`,
      {
        hint: 'cpu counts cores, memory and disk count MB, gpu counts devices',
        details: { step, option: name },
      },
    );
  }
  return resources;
}

function requireCase(
  { name, next }: GraphStep,
  options: NonNullable<StepPlan['catchError']>,
  isAdded: boolean,
): void {
  if (next.kind !== 'switch') return;
  const cases = Object.keys(next.cases);
  if (options.case !== undefined && cases.includes(options.case)) return;
  const label = isAdded ? '--with catchError' : '@catchError';
  const what =
    options.case === undefined
      ? `needs 'case' on the step '${name}'`
      : `names the case '${options.case}', which the step '${name}' lacks`;
  throw new LeatError(
    'OPTION_INVALID',
    `${label} ${what}: after a failure there is no value that could choose`,
    {
      hint: `say which way the run goes on: @catchError({ var: '${options.var}', case: '${cases[0] ?? ''}' }); the cases are ${cases.join(', ')}`,
      details: { step: name, cases },
    },
  );
}

function requireLayer({ layer }: Pick<StepPlan, 'layer'>, layers: readonly string[]): void {
  if (layers.includes(layer) || layer.includes('/')) return;
  const meant = nearest(layer, [...layers, ...decoratorNames]);
  throw new LeatError('LAYER_UNKNOWN', `there is no compute layer '${layer}'`, {
    hint: `${meant === undefined ? '' : `did you mean '${meant}'? `}--with takes ${[...layers, ...decoratorNames].join(', ')}`,
    details: { layer, layers },
  });
}
