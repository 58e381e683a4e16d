import { resolve } from 'node:path';
import { guardLayer } from '../compute/guard.ts';
import type {
  CheckFinding,
  ComputeLayer,
  LayerContext,
  LayerFactory,
  PreparedLayer,
  StepRequest,
} from '../compute/compute-layer.ts';
import { readMachine } from '../compute/machine/machine.ts';
import { Places } from '../compute/machine/places.ts';
import { loadLayer } from '../compute/registry.ts';
import type { BegunLayers } from './begun-layers.ts';
import { LeatError } from '../errors/index.ts';
import { withoutPassword } from '../errors/without-password.ts';
import type { RunPlan, StepPlan } from '../plan/plan.ts';

/** The layers of a run by name, each inside its guard. */
export type Layers = ReadonlyMap<string, ComputeLayer>;

/** Layers by the name that the plan has for them, which for a layer of one's own is its package or file. */
export type Factories = ReadonlyMap<string, LayerFactory>;

/** The layers that a plan names, loaded; their options checked and brought to their final form. */
export interface LoadedLayers {
  readonly plan: RunPlan;
  readonly factories: Factories;
}

/** @throws LAYER_UNKNOWN, LAYER_REFUSED, OPTION_INVALID. */
export async function loadLayers(plan: RunPlan): Promise<LoadedLayers> {
  const factories = new Map<string, LayerFactory>();
  const steps: Record<string, StepPlan> = {};
  for (const [name, step] of Object.entries(plan.steps)) {
    // A path says the same in every folder, so that the run can be recovered from anywhere.
    const layer = /^\.{1,2}\//.test(step.layer) ? resolve(step.layer) : step.layer;
    const factory = factories.get(layer) ?? (await loadLayer(layer));
    factories.set(layer, factory);
    steps[name] = { ...step, layer, layerOptions: factory.parseOptions(step.layerOptions) };
  }
  return { plan: { ...plan, steps }, factories };
}

/** The layers of a plan whose options were checked when its run began. @throws LAYER_UNKNOWN, LAYER_REFUSED. */
export async function loadLayersAgain(plan: RunPlan): Promise<Factories> {
  const names = new Set(Object.values(plan.steps).map(({ layer }) => layer));
  const factories = new Map<string, LayerFactory>();
  for (const name of names) factories.set(name, await loadLayer(name));
  return factories;
}

/** Opens the layers; when one cannot be opened, the others are closed again. */
export async function openLayers(
  factories: Factories,
  context: LayerContext,
  begun?: Pick<BegunLayers, 'take'>,
): Promise<Layers> {
  const layers = new Map<string, ComputeLayer>();
  // Tasks of different layers may run on this machine: it is filled once.
  const shared = { ...context, places: new Places(readMachine()) };
  try {
    for (const [name, factory] of factories)
      layers.set(name, guardLayer(await openLayer(factory, shared, await begun?.take(name))));
    return layers;
  } catch (error) {
    await closeLayers(layers);
    throw error;
  }
}

/** What was begun of a layer is its own once it is open, and goes when it cannot be. */
async function openLayer(
  factory: LayerFactory,
  context: LayerContext,
  prepared: PreparedLayer | undefined,
): Promise<ComputeLayer> {
  try {
    return await factory.open(context, prepared);
  } catch (error) {
    await prepared?.discard();
    throw error;
  }
}

export async function closeLayers(layers: Layers): Promise<void> {
  await Promise.allSettled([...layers.values()].map(async (layer) => layer.close()));
}

const requestOf = (step: StepPlan): StepRequest => ({
  step: step.step,
  resources: step.resources,
  options: step.layerOptions,
  ...(step.isolation === 'reuse' ? { chunks: true } : {}),
  ...(step.timeoutSeconds === undefined ? {} : { timeoutSeconds: step.timeoutSeconds }),
});

/** A task that cannot reach the results of the others can never run. */
function unreachable(
  step: StepPlan,
  { name, capabilities }: ComputeLayer,
  datastore: string,
): CheckFinding | undefined {
  const scheme = datastore.slice(0, datastore.indexOf(':'));
  if (capabilities.datastores.includes(scheme)) return undefined;
  const reached = capabilities.datastores.map((each) => `${each}:`).join(' or ');
  return {
    step: step.step,
    level: 'error',
    message: `step '${step.step}' runs on '${name}', whose tasks cannot reach the datastore ${withoutPassword(datastore)}`,
    hint: `They reach ${reached}. Name such a datastore: --datastore ${capabilities.datastores[0] === 's3' ? 's3://BUCKET/PREFIX' : 'URL'}, or once for all in a profile: leat configure`,
  };
}

/**
 * Asks every layer whether the plan can ever run there.
 *
 * @param datastore URL of the datastore
 * @returns warnings and notes
 * @throws LAYER_REFUSED naming all that can never run
 */
export async function checkLayers(
  plan: RunPlan,
  layers: Layers,
  datastore: string,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const [name, layer] of layers) {
    const steps = Object.values(plan.steps).filter((step) => step.layer === name);
    findings.push(...steps.flatMap((step) => unreachable(step, layer, datastore) ?? []));
    findings.push(...(await layer.check(steps.map(requestOf))));
  }
  const errors = findings.filter((finding) => finding.level === 'error');
  if (errors.length === 0) return findings;
  throw new LeatError('LAYER_REFUSED', errors.map((finding) => finding.message).join('\n'), {
    hint: errors.flatMap((finding) => finding.hint ?? []).join('\n') || undefined,
    details: { steps: errors.map((finding) => finding.step) },
  });
}
