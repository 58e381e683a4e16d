/**
 * From a prepared flow to a run that goes on: store the code package, open the layers, create the run, start the loop, close
 * what was opened when it has ended.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';

import type { CheckFinding } from '../compute/compute-layer.ts';
import { factsName } from '../package/code-package.ts';
import { installation } from '../package/installation.ts';
import { packagePrefix } from '../datastore/keys.ts';
import type { NewRun, RunRecord, TaskRecord } from '../metadata/metadata-store.ts';
import { writePackage } from '../package/write-package.ts';
import { createState } from '../scheduler/create-state.ts';
import type { RunObserver } from '../scheduler/observer.ts';
import type { Origin } from '../scheduler/origin.ts';
import { startRun as startLoop } from '../scheduler/run-loop.ts';
import { limitsOf } from '../scheduler/run-options.ts';
import type { RunSummary } from '../scheduler/summary.ts';
import { checkLayers, closeLayers, type Layers, loadLayers, openLayers } from './open-layers.ts';
import type { PreparedFlow } from './prepare-flow.ts';
import { closeStores, type Stores } from './stores.ts';

/** A lease that is not renewed for so long may be taken by another engine. In milliseconds. */
const leaseMs = 30_000;

/** Failed tasks that a result tells of. */
const failuresTold = 10;

/** How a run is to be driven. */
export interface DriveOptions {
  /** Most attempts at a time; as many as each layer likes to have, unless told. */
  readonly maxWorkers?: number | undefined;
  /** A failed task ends those that run; otherwise they finish. */
  readonly failFast?: boolean | undefined;
  readonly observers?: readonly RunObserver[] | undefined;
  /** Told the address when the run exists, before its first task starts. */
  readonly created?: ((address: string) => void) | undefined;
}

/** Facts of the run that are not the flow's. */
export type RunFacts = Omit<NewRun, 'flow' | 'plan' | 'package' | 'datastore' | 'createdAt'>;

/** How a run ended. */
export interface RunResult {
  readonly run: RunRecord;
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  readonly summary: RunSummary;
  /** The first failed tasks, in the order of time. */
  readonly failures: readonly TaskRecord[];
}

/** A run that goes on. */
export interface RunHandle {
  readonly run: RunRecord;
  /** `TrainFlow/417` */
  readonly address: string;
  /** What will be done otherwise than asked. */
  readonly warnings: readonly CheckFinding[];
  /** Ends the run: gently, or by force. A forced call may follow a gentle one. */
  cancel(by: string, force?: boolean): void;
  /** Resolves when the run has ended, whatever its status. @throws LeatError when the engine cannot go on. */
  readonly result: Promise<RunResult>;
}

export interface Drive {
  readonly prepared: PreparedFlow;
  readonly stores: Stores;
  readonly facts: RunFacts;
  readonly origin?: Origin | undefined;
  readonly options: DriveOptions;
}

/** Creates the run and starts it. The stores are closed when it has ended, or when it cannot be started. */
export async function driveRun(drive: Drive): Promise<RunHandle> {
  try {
    return await openRun(drive);
  } catch (error) {
    await closeStores(drive.stores);
    throw error;
  }
}

async function openRun(drive: Drive): Promise<RunHandle> {
  const { prepared, stores } = drive;
  const { plan, factories } = await loadLayers(prepared.plan);
  await writePackage(stores.datastore, prepared.built);
  const facts = stores.datastore.localPath(packagePrefix(plan.package) + factsName);
  const layers = await openLayers(factories, {
    datastore: stores.datastore.url,
    package: plan.package,
    ...(facts === undefined ? {} : { packageFolder: join(facts, '..') }),
    runner: join(installation().folder, 'dist', 'task', 'runner.cjs'),
  });
  try {
    const warnings = await checkLayers(plan, layers);
    return await startRun({ ...drive, prepared: { ...prepared, plan } }, layers, warnings);
  } catch (error) {
    await closeLayers(layers);
    throw error;
  }
}

async function startRun(drive: Drive, layers: Layers, warnings: readonly CheckFinding[]): Promise<RunHandle> {
  const { prepared, stores, facts, origin, options } = drive;
  const { plan } = prepared;
  const engine = { host: hostname(), pid: process.pid };
  const { run, lease } = await stores.metadata.createRun(
    {
      ...facts,
      flow: plan.flow,
      plan,
      package: plan.package,
      datastore: stores.datastore.url,
      createdAt: Date.now(),
    },
    `${engine.host}:${engine.pid}`,
    leaseMs,
  );
  const address = `${run.flow}/${run.id}`;
  options.created?.(address);
  const { maxWorkers, failFast = false } = options;
  const loop = startLoop({
    state: createState({ run: run.id, plan, ...(origin === undefined ? {} : { origin }) }),
    plan,
    run,
    lease,
    leaseMs,
    ...stores,
    layers,
    limits: limitsOf(layers, { failFast, ...(maxWorkers === undefined ? {} : { maxWorkers }) }),
    engine,
    observers: options.observers ?? [],
  });
  return {
    run,
    address,
    warnings,
    cancel: (by, force = false) => loop.cancel(by, force),
    result: finish(drive, { run, layers, done: loop.done }),
  };
}

async function finish(
  { stores }: Drive,
  {
    run,
    layers,
    done,
  }: {
    readonly run: RunRecord;
    readonly layers: Layers;
    readonly done: ReturnType<typeof startLoop>['done'];
  },
): Promise<RunResult> {
  try {
    const { status, summary } = await done;
    const failures =
      status === 'succeeded' ? [] : await stores.metadata.failures(run.flow, run.id, failuresTold);
    return { run: (await stores.metadata.run(run.flow, run.id)) ?? run, status, summary, failures };
  } finally {
    await closeLayers(layers);
    await closeStores(stores);
  }
}
