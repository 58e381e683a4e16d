/** A whole engine in a simulated world: stores in memory, a simulated layer, virtual time. One seed is one world. */
import {
  Random,
  type SimulatedFaults,
  SimulatedLayer,
  type SimulatedLayerOptions,
  VirtualClock,
} from '@leat/testing';
import { guardLayer } from '../compute/index.ts';
import type { AttemptManifest, FailureRecord, ItemBlock } from '../datastore/manifest.ts';
import { createPack, type PackWriter } from '../datastore/packs/pack-writer.ts';
import type { EventOutcome, RunLimits } from '../metadata/events.ts';
import type { RunRecord } from '../metadata/metadata-store.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { formatAttempt } from './attempt-name.ts';
import type { RunObserver } from './observer.ts';
import { decide, type RandomFlow } from './random-flow.fixture.ts';
import { recoverState } from './recover-state.ts';
import { type RunHandle, startRun } from './run-loop.ts';
import { MemoryDatastore, MemoryLog } from './simulated-stores.fixture.ts';
import type { Origin } from './origin.ts';

type Behaviour = ReturnType<NonNullable<WorldOptions['behave']>>;

export interface WorldOptions {
  readonly flow: RandomFlow;
  readonly seed?: number;
  readonly limits?: RunLimits;
  readonly faults?: Partial<SimulatedFaults>;
  /** Probability that a call to a store fails. */
  readonly storeFails?: number;
  /** What the step does; a failure that is told here is the step's own. */
  readonly behave?: (
    spec: TaskSpec,
  ) => FailureRecord | 'exit' | 'leaves' | 'no-manifest' | 'commits-and-crashes' | undefined;
  readonly durationMs?: (spec: TaskSpec) => number;
  readonly layer?: Partial<SimulatedLayerOptions>;
  readonly observers?: readonly RunObserver[];
  readonly origin?: Origin;
  readonly output?: string;
}

export interface World {
  readonly clock: VirtualClock;
  readonly datastore: MemoryDatastore;
  readonly metadata: MemoryLog;
  readonly layer: SimulatedLayer;
  readonly run: RunRecord;
  /** The specs that tasks were started with, by name of the attempt. */
  readonly specs: Map<string, TaskSpec>;
  /** Starts an engine: the first one, or one that recovers. */
  start(limits?: RunLimits): Promise<RunHandle>;
  /** Lets time pass until the run has ended. */
  finish(handle: RunHandle): ReturnType<VirtualClock['run']> & RunHandle['done'];
}

export function makeWorld(options: WorldOptions): World {
  const { flow, seed = 1, limits = { windows: {}, failFast: false }, storeFails = 0 } = options;
  const clock = new VirtualClock();
  const random = new Random(seed);
  const timed: TimedOptions = { ...options, now: () => clock.now() };
  const fails = (): boolean => random.chance(storeFails);
  const datastore = new MemoryDatastore(fails);
  const metadata = new MemoryLog(fails);
  const specs = new Map<string, TaskSpec>();
  const layer = new SimulatedLayer({
    clock,
    seed,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    startMs: [0, 500],
    task: (request) => {
      const { chunk, spec, name } = request;
      if (chunk === undefined) {
        specs.set(name, spec);
        return simulateTask(timed, datastore, spec, random);
      }
      const own = chunk.members.map((differences) => ({ ...spec, ...differences }));
      for (const each of own) specs.set(formatAttempt(run, each.task, each.attempt), each);
      return simulateChunk(timed, datastore, { pack: chunk.pack, specs: own }, random);
    },
    ...options.layer,
  });
  const guarded = guardLayer(layer, {}, (ms, fire) => clock.after(ms, fire));
  const { plan } = flow;
  const run: RunRecord = {
    id: '1',
    flow: plan.flow,
    namespace: 'user:me',
    user: 'me',
    tags: [],
    plan,
    parameters: {},
    parametersKey: 'parameters',
    package: plan.package,
    datastore: datastore.url,
    createdAt: clock.now(),
    status: 'running',
    lastSeq: 0,
  };
  return {
    clock,
    datastore,
    metadata,
    layer,
    run,
    specs,
    async start(newLimits = limits) {
      const lease = await metadata.acquireLease(run.flow, run.id, 'engine');
      const state = await recoverState(
        { run: run.id, plan, ...(options.origin === undefined ? {} : { origin: options.origin }) },
        metadata.events(),
      );
      return startRun({
        state,
        plan,
        run,
        lease,
        leaseMs: 30_000,
        metadata: metadata.store,
        datastore,
        layers: new Map([[layer.name, guarded]]),
        limits: newLimits,
        engine: { host: 'here', pid: 1 },
        observers: options.observers ?? [],
        clock,
      });
    },
    finish: (handle) => clock.run(handle.done),
  };
}

interface TimedOptions extends WorldOptions {
  readonly now: () => number;
}

function conductOf({ output, durationMs }: WorldOptions, spec: TaskSpec, random: Random) {
  return {
    durationMs: durationMs?.(spec) ?? random.between(0, 20_000),
    ...(output === undefined ? {} : { output }),
  };
}

function simulateTask(options: TimedOptions, datastore: MemoryDatastore, spec: TaskSpec, random: Random) {
  const behaviour = options.behave?.(spec);
  const shared = conductOf(options, spec, random);
  if (behaviour === 'no-manifest') return shared;
  if (behaviour === 'exit') return { ...shared, exitCode: 137 };
  const failure = failureOf(behaviour);
  return {
    ...shared,
    exitCode: behaviour === undefined ? 0 : 1,
    commit: async () => {
      datastore.createSync(spec.manifest, [
        Buffer.from(JSON.stringify(manifestOf(options, datastore, spec, failure))),
      ]);
    },
  };
}

/** What an attempt says of itself. */
function failureOf(behaviour: Behaviour): FailureRecord | undefined {
  if (behaviour === 'leaves') return { reason: 'exit', type: 'exit', message: 'called process.exit()' };
  return typeof behaviour === 'string' ? undefined : behaviour;
}

/** A process that works through members: one that exits takes the rest with it, one that throws does not. */
function simulateChunk(
  options: TimedOptions,
  datastore: MemoryDatastore,
  { pack, specs }: { readonly pack: string; readonly specs: readonly TaskSpec[] },
  random: Random,
) {
  let written: PackWriter | undefined;
  const members = specs.map((spec, member) => {
    const behaviour = options.behave?.(spec);
    const shared = conductOf(options, spec, random);
    if (behaviour === 'no-manifest' || behaviour === 'exit') return { ...shared, exitCode: 137 };
    const ends = behaviour === 'commits-and-crashes' || behaviour === 'leaves';
    return {
      ...shared,
      ...(ends ? { exitCode: 1 } : {}),
      commit: async () => {
        written ??= createPack(datastore, pack);
        const manifest = manifestOf(options, datastore, spec, failureOf(behaviour));
        written?.commit(member, manifest, behaviour === 'leaves');
      },
    };
  });
  return { durationMs: 0, members };
}

function manifestOf(
  { flow, now, durationMs }: TimedOptions,
  datastore: MemoryDatastore,
  spec: TaskSpec,
  failure: FailureRecord | undefined,
): AttemptManifest {
  const { task, attempt, token } = spec;
  const endedAt = now();
  const startedAt = endedAt - (durationMs?.(spec) ?? 0);
  const head = { version: 1, task, attempt, token, startedAt, endedAt } as const;
  if (failure !== undefined) return { ...head, status: 'failed', failure };
  const outcome = decide(flow.plan, task);
  storeItems(datastore, outcome);
  return { ...head, status: 'succeeded', outcome, artifacts: {} };
}

function storeItems(datastore: MemoryDatastore, outcome: EventOutcome): void {
  if (outcome.kind !== 'foreach' || outcome.items.index === undefined) return;
  const { index, count } = outcome.items;
  const block: ItemBlock = {
    key: `${index}/0`,
    first: 0,
    offsets: Array.from({ length: count + 1 }, (_, at) => at * 10),
  };
  datastore.putSync(index, [Buffer.from(JSON.stringify([block]))]);
}
