import { guardLayer } from '../compute/guard.ts';
import type {
  CheckFinding,
  ComputeLayer,
  LayerContext,
  LayerFactory,
  StepRequest,
} from '../compute/compute-layer.ts';
import { loadLayer } from '../compute/registry.ts';
import { LeatError } from '../errors/index.ts';
import type { RunPlan, StepPlan } from '../plan/plan.ts';

/** The layers of a run by name, each inside its guard. */
export type Layers = ReadonlyMap<string, ComputeLayer>;

/** The layers that a plan names, loaded; their options checked and brought to their final form. */
export interface LoadedLayers {
  readonly plan: RunPlan;
  readonly factories: readonly LayerFactory[];
}

/** @throws LAYER_UNKNOWN, OPTION_INVALID. */
export async function loadLayers(plan: RunPlan): Promise<LoadedLayers> {
  const factories = new Map<string, LayerFactory>();
  const steps: Record<string, StepPlan> = {};
  for (const [name, step] of Object.entries(plan.steps)) {
    const factory = factories.get(step.layer) ?? (await loadLayer(step.layer));
    factories.set(step.layer, factory);
    steps[name] = { ...step, layerOptions: factory.parseOptions(step.layerOptions) };
  }
  return { plan: { ...plan, steps }, factories: [...factories.values()] };
}

/** Opens the layers; when one cannot be opened, the others are closed again. */
export async function openLayers(factories: readonly LayerFactory[], context: LayerContext): Promise<Layers> {
  const layers = new Map<string, ComputeLayer>();
  try {
    for (const factory of factories) layers.set(factory.name, guardLayer(await factory.open(context)));
    return layers;
  } catch (error) {
    await closeLayers(layers);
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
  ...(step.timeoutSeconds === undefined ? {} : { timeoutSeconds: step.timeoutSeconds }),
});

/**
 * Asks every layer whether the plan can ever run there.
 * @returns the warnings
 * @throws LAYER_REFUSED naming all that can never run
 */
export async function checkLayers(plan: RunPlan, layers: Layers): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  for (const [name, layer] of layers) {
    const steps = Object.values(plan.steps).filter((step) => step.layer === name);
    findings.push(...(await layer.check(steps.map(requestOf))));
  }
  const errors = findings.filter((finding) => finding.level === 'error');
  if (errors.length === 0) return findings;
  throw new LeatError('LAYER_REFUSED', errors.map((finding) => finding.message).join('\n'), {
    hint: errors.flatMap((finding) => finding.hint ?? []).join('\n') || undefined,
    details: { steps: errors.map((finding) => finding.step) },
  });
}
