/**
 * From a prepared flow to a new run that goes on: store the code package, open the layers and ask them, create the run. What
 * is refused on the way leaves no run; what fails after it exists ends it.
 */
import { leaseOwner } from '../metadata/is-driven.ts';
import type { Lease, MetadataStore, NewRun } from '../metadata/metadata-store.ts';
import type { BegunLayers } from './begun-layers.ts';
import type { CodePackage } from '../package/code-package.ts';
import { writePackage } from '../package/write-package.ts';
import type { RunPlan } from '../plan/plan.ts';
import { systemClock } from '../scheduler/clock.ts';
import { createState } from '../scheduler/state/create-state.ts';
import { observeAll } from '../scheduler/observer.ts';
import type { Origin } from '../scheduler/state/origin.ts';
import { limitsOf } from '../scheduler/run-options.ts';
import { type Drive, driveRun, type DriveOptions, leaseMs, type RunHandle, thisEngine } from './drive-run.ts';
import { layerContext } from './layer-context.ts';
import { checkLayers, closeLayers, loadLayers, openLayers } from './open-layers.ts';
import type { PreparedFlow } from './prepare-flow.ts';
import type { Stores } from './stores.ts';

/** Facts of the run that are not the flow's. */
export type RunFacts = Omit<NewRun, 'flow' | 'plan' | 'package' | 'datastore' | 'createdAt'>;

/** A run that is to be. */
export interface RunRequest {
  readonly prepared: PreparedFlow;
  readonly stores: Stores;
  readonly facts: RunFacts;
  readonly origin?: Origin | undefined;
  readonly begun?: BegunLayers | undefined;
  /** Folder of what can be made again at any time. */
  readonly cache: string;
  readonly options: DriveOptions;
}

/** Creates the run and drives it. @throws LeatError when it cannot be started; the stores stay open then. */
export async function createRun(request: RunRequest): Promise<RunHandle> {
  const { prepared, stores, begun, cache, options } = request;
  const { datastore } = stores;
  const { built } = prepared;
  const { plan, factories } = await loadLayers(prepared.plan);
  await datastore.check?.();
  await writePackage(datastore, built);
  await keepForOthers(plan, built, cache);
  const tell = observeAll(options.observers ?? []).note;
  const layers = await openLayers(factories, layerContext({ datastore, built, cache, tell }), begun);
  try {
    const warnings = await checkLayers(plan, layers, datastore.url);
    // What can be started ahead starts while the run is being created.
    layers.get(plan.steps['start']?.layer ?? '')?.expect?.(1);
    return await startRun(request, { plan, layers, warnings });
  } catch (error) {
    await closeLayers(layers);
    throw error;
  }
}

async function startRun(
  { stores, facts, origin, options }: RunRequest,
  checked: Pick<Drive, 'plan' | 'layers' | 'warnings'>,
): Promise<RunHandle> {
  const { metadata, datastore } = stores;
  const { plan, layers } = checked;
  const leaseSince = systemClock.steady();
  const { run, lease } = await metadata.createRun(
    newRun(plan, facts, datastore.url),
    leaseOwner(thisEngine),
    leaseMs,
  );
  try {
    return driveRun({
      ...checked,
      stores,
      run,
      lease,
      leaseSince,
      state: createState({ run: run.id, plan, ...(origin === undefined ? {} : { origin }) }),
      limits: limitsOf(layers, options),
      options,
    });
  } catch (error) {
    await endUnstarted(metadata, lease);
    throw error;
  }
}

const newRun = (plan: RunPlan, facts: RunFacts, datastore: string): NewRun => ({
  ...facts,
  flow: plan.flow,
  plan,
  package: plan.package,
  datastore,
  createdAt: Date.now(),
});

/** A run that exists and will not start after all must not look as if it went on. */
async function endUnstarted(metadata: MetadataStore, lease: Lease): Promise<void> {
  try {
    await metadata.append(lease, [{ type: 'run-ended', at: Date.now(), status: 'cancelled' }]);
    await metadata.releaseLease(lease);
  } catch {
    // What kept the run from starting says more than this; without a lease that is renewed the run counts as abandoned.
  }
}

/** What tasks of other machines will ask for must not change until they do. */
async function keepForOthers(plan: RunPlan, built: CodePackage, cache: string): Promise<void> {
  if (Object.values(plan.steps).every(({ layer }) => layer === 'local')) return;
  const { keepExtras } = await import('../package/portable/store-package.ts');
  keepExtras(built, cache);
}
