/** `leat check`: all that would be refused before a run, without one. */
import type { CheckFinding } from '../compute/compute-layer.ts';
import { enterProfile } from '../home/profile-defaults.ts';
import type { CodePackage } from '../package/code-package.ts';
import { extrasOf, type PackageSize, packageSize, tooLarge } from '../package/portable/package-size.ts';
import type { RunPlan } from '../plan/plan.ts';
import { askContext, settingsOf } from './layer-context.ts';
import { checkLayers, closeLayers, loadLayers, openLayers } from './open-layers.ts';
import { type PreparedFlow, prepareFlow, type PrepareOptions } from './prepare-flow.ts';

export interface CheckedFlow {
  readonly prepared: PreparedFlow;
  /** What layers found that refuses nothing: warnings and notes. */
  readonly findings: readonly CheckFinding[];
  /** The code package as other machines get it. */
  readonly size: PackageSize;
}

/** @throws LeatError for what `leat run` would refuse before the run exists, parameters excepted. */
export async function checkFlow(options: PrepareOptions): Promise<CheckedFlow> {
  enterProfile(options.home.profile);
  const prepared = await prepareFlow(options);
  const { plan, factories } = await loadLayers(prepared.plan);
  const layers = await openLayers(factories, askContext(options.home.datastore, prepared.built));
  try {
    await checkSize(prepared.built, plan, options.home.cache);
    return {
      prepared: { ...prepared, plan },
      findings: await checkLayers(plan, layers, options.home.datastore),
      size: packageSize(prepared.built),
    };
  } finally {
    await closeLayers(layers);
  }
}

/** Layers that are not this machine get the whole package: what is too large for them is refused before a run. */
async function checkSize(built: CodePackage, plan: RunPlan, cache: string): Promise<void> {
  if (Object.values(plan.steps).every(({ layer }) => layer === 'local')) return;
  const { extras, left } = extrasOf(built);
  const { limitMb } = (await settingsOf(built, cache)).config.package;
  const refused = tooLarge([...built.files, ...extras], left, limitMb);
  if (refused !== undefined) throw refused;
}
