/** `leat check`: all that would be refused before a run, without one. */
import type { CheckFinding } from '../compute/compute-layer.ts';
import { enterProfile } from '../home/profile-defaults.ts';
import { askContext } from './layer-context.ts';
import { checkLayers, closeLayers, loadLayers, openLayers } from './open-layers.ts';
import { type PreparedFlow, prepareFlow, type PrepareOptions } from './prepare-flow.ts';

export interface CheckedFlow {
  readonly prepared: PreparedFlow;
  readonly warnings: readonly CheckFinding[];
}

/** @throws LeatError for what `leat run` would refuse before the run exists, parameters excepted. */
export async function checkFlow(options: PrepareOptions): Promise<CheckedFlow> {
  enterProfile(options.home.profile);
  const prepared = await prepareFlow(options);
  const { plan, factories } = await loadLayers(prepared.plan);
  const layers = await openLayers(factories, askContext(options.home.datastore, prepared.built));
  try {
    const warnings = await checkLayers(plan, layers, options.home.datastore);
    return { prepared: { ...prepared, plan }, warnings };
  } finally {
    await closeLayers(layers);
  }
}
