/**
 * Whoever looks after a run: starts an engine, and another one when that one has died, stopped, given up or is taken for dead, until
 * the run has ended. Holds what engines do against what they may do.
 */
import { Random } from '@leat/testing';
import { guardLayer } from '../../compute/index.ts';
import { isLeatError } from '../../errors/index.ts';
import type { AttemptRequest } from '../../compute/compute-layer.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { Lease } from '../../metadata/metadata-store.ts';
import { recoverState } from '../recover-state.ts';
import { type RunHandle, startRun } from '../run-loop.ts';
import type { RunLoopOptions } from '../run-options.ts';
import type { SchedulerState } from '../state/state.ts';
import { DatastoreView, MetadataView, viewLayer } from './engine-view.fixture.ts';
import { EngineProcess } from './engine-process.fixture.ts';
import { differenceOf } from './same-state.fixture.ts';
import { Violation } from './violation.fixture.ts';
import type { World } from './world.fixture.ts';

const leaseMs = 30_000;

/** Engines that one run may need: each has one fate, and stores and layers that are gone end a few more. */
const mostEngines = 200;

/** A run that does nothing for so long without any trouble will never end. In milliseconds. */
const standstillMs = 12 * 3_600_000;

/** With what an engine may give up. */
const honest = new Set(['LEASE_LOST', 'LAYER_FAILED', 'STORE_UNAVAILABLE', 'METADATA_UNAVAILABLE']);

interface Engine {
  readonly process: EngineProcess;
  readonly handle: RunHandle;
}

/** See the file's header. */
export class Operator {
  readonly #world: World;
  readonly #random: Random;
  readonly #rivals: number[];
  #engine: Engine | undefined;
  #started = 0;
  /** Engines in a row that did not get the lease. */
  #refused = 0;
  #cancelled = false;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.scenario.seed ^ 0x5bd1e995);
    this.#rivals = world.scenario.rivals.toSorted((a, b) => a - b);
  }

  /** Resolves when the run has ended. */
  async see(): Promise<void> {
    const { clock, metadata } = this.#world;
    while (!metadata.ended) {
      await this.#look();
      if (metadata.ended) return;
      await clock.pause(this.#random.between(500, this.#world.isTroubled ? 15_000 : 60_000));
      this.#expectProgress();
    }
  }

  async #look(): Promise<void> {
    const { time, isTroubled } = this.#world;
    const rival = this.#rivals[0];
    const force = isTroubled && rival !== undefined && rival <= time;
    if (force) this.#rivals.shift();
    const process = this.#engine?.process;
    const isFine = process !== undefined && !process.isDead && !process.isStopped && !process.isDone;
    // Somebody else looks after the run as well: whoever comes second is told so.
    const isDouble = isTroubled && this.#world.scenario.rivals.length > 0 && this.#random.chance(0.3);
    if (isFine && !force) this.#mayCancel(this.#engine!.handle);
    if (isFine && !force && !isDouble) return;
    // A lease that was taken before the clock was set back may hold for a day.
    const isGone = process === undefined || process.isDead || process.isDone;
    await this.#start(force || (isGone && (this.#refused > 5 || this.#random.chance(0.2))));
  }

  #mayCancel(handle: RunHandle): void {
    const { cancel } = this.#world.scenario;
    if (cancel === undefined || this.#cancelled) return;
    const { ledger, time } = this.#world;
    if (cancel.jobs === undefined ? cancel.at > time : ledger.tokens.size < cancel.jobs) return;
    this.#cancelled = true;
    this.#world.note('somebody ends the run');
    handle.cancel('me', cancel.force);
  }

  async #start(force: boolean): Promise<void> {
    const { world } = this;
    if (this.#started >= mostEngines) throw new Violation(`${mostEngines} engines were not enough`);
    const process = this.#makeProcess();
    const views = this.#views(process);
    const askedAt = world.clock.now();
    const { flow, id } = world.run;
    let lease: Lease;
    try {
      const taken = views.metadata.acquireLease(flow, id, process.name, leaseMs, force);
      const answer = await Promise.race([taken, process.died.then(() => undefined)]);
      if (answer === undefined) {
        this.#started += 1;
        return;
      }
      lease = answer;
    } catch (error) {
      this.#refused += 1;
      this.#expectHonest(error);
      return;
    }
    this.#started += 1;
    this.#refused = 0;
    world.note(`${process.name} has epoch ${lease.epoch}${force ? ', by force' : ''}`);
    views.leaseUntil = askedAt + leaseMs;
    views.epoch = lease.epoch;
    await this.#drive(process, views, { lease, leaseSince: askedAt });
  }

  async #drive(
    process: EngineProcess,
    views: Views,
    { lease, leaseSince }: Pick<RunLoopOptions, 'lease' | 'leaseSince'>,
  ): Promise<void> {
    const { world } = this;
    const { plan } = world.scenario.flow;
    const recovered = recoverState({ run: '1', plan }, views.metadata.events());
    let state: SchedulerState | undefined;
    try {
      state = await Promise.race([recovered, process.died.then(() => undefined)]);
    } catch (error) {
      this.#expectHonest(error);
      return;
    }
    if (state === undefined || state.ended !== undefined) return;
    const { limits } = world.scenario;
    const handle = startRun({
      state,
      plan,
      run: world.run,
      lease,
      leaseMs,
      leaseSince,
      metadata: views.metadata.store,
      datastore: views.datastore,
      layers: new Map(views.layers.map((layer) => [layer.name, layer])),
      limits: limits[Math.min(this.#started, limits.length) - 1]!,
      engine: { host: process.name, pid: lease.epoch },
      clock: process.clock,
      observers: [this.#watch(state)],
    });
    this.#engine = { process, handle };
    void process.died.then(views.close);
    handle.done.then(
      ({ status }) => {
        process.isDone = true;
        views.close();
        world.note(`${process.name} ends: ${status}`);
        this.#expectSame(state);
      },
      (error: unknown) => {
        process.isDone = true;
        views.close();
        if (!process.isDead) this.#expectHonest(error);
      },
    );
  }

  get world(): World {
    return this.#world;
  }

  #makeProcess(): EngineProcess {
    const { world } = this;
    return new EngineProcess({
      name: `engine ${this.#started + 1}`,
      clock: world.clock,
      random: new Random(world.scenario.seed * 31 + this.#started * 7 + this.#refused),
      scenario: world.scenario,
      fate: world.scenario.fates[this.#started],
      offset: () => world.offset(),
      troubled: () => world.isTroubled,
      note: (line) => {
        world.note(line);
      },
    });
  }

  #views(process: EngineProcess): Views {
    const { world } = this;
    const views: Views = { leaseUntil: Infinity, epoch: 0 } as Views;
    const facts = {
      process,
      random: new Random(world.scenario.seed * 17 + this.#started),
      stores: world.scenario.stores,
      tokens: world.scenario.tokens,
      writes: (call: string): void => {
        if (process.isDead || views.epoch === 0 || world.metadata.epoch === views.epoch) return;
        if (world.clock.now() >= views.leaseUntil)
          world.violate(
            new Violation(`${process.name} does '${call}', and its lease is long another engine's`),
          );
      },
      submits: (batch: readonly AttemptRequest[]): void => {
        for (const { token, name } of batch)
          if (!world.ledger.tokens.has(token))
            world.violate(new Violation(`'${name}' is handed over, and the log does not know of it`));
      },
      logged: (events: readonly RunEvent[]): void => {
        process.logged(events);
        // Before the engine has handed over what it has just logged.
        if (this.#engine?.process === process) this.#mayCancel(this.#engine.handle);
      },
    };
    const layers = world.layersForEngine();
    const metadata = new MetadataView(facts, world.metadata);
    const renew = metadata.renewLease.bind(metadata);
    metadata.renewLease = async (lease, ms) => {
      const askedAt = world.clock.now();
      await renew(lease, ms);
      views.leaseUntil = askedAt + ms;
    };
    return Object.assign(views, {
      metadata,
      datastore: new DatastoreView(facts, world.datastore),
      layers: layers.map((layer) => guardLayer(viewLayer(layer, facts), {}, process.clock.after)),
      close: (): void => {
        if (world.scenario.diesWithEngine) for (const layer of layers) void layer.close();
      },
    });
  }

  /** What an engine believes is what the log says. */
  #watch(state: SchedulerState) {
    return {
      applied: (events: Parameters<World['metadata']['append']>[1], told: unknown): void => {
        const { metadata } = this.#world;
        const logged = metadata.summaryAfter(events);
        if (JSON.stringify(told) !== logged)
          this.#world.violate(
            new Violation(`the engine believes ${JSON.stringify(told)}, and its log says ${logged}`),
          );
        if (state.ended !== undefined) this.#expectSame(state);
      },
      warning: (message: string): void => {
        this.#world.note(`warning: ${message}`);
      },
    };
  }

  #expectSame(state: SchedulerState): void {
    const { metadata } = this.#world;
    if (!metadata.ended) return;
    const difference = differenceOf(state, metadata.state);
    if (difference === undefined) return;
    this.#world.violate(new Violation(`the state of the engine is not what its log comes to: ${difference}`));
  }

  #expectHonest(error: unknown): void {
    if (isLeatError(error) && honest.has(error.code)) {
      this.#world.note(`an engine gives up: ${error.code} ${error.message}`);
      return;
    }
    const text =
      error instanceof Error
        ? `${error.message}\n${isLeatError(error) ? (error.hint ?? '') : (error.stack ?? '')}`
        : String(error);
    this.#world.violate(new Violation(`an engine ends with: ${text}`));
  }

  #expectProgress(): void {
    const { clock, grewAt, isTroubled, ledger } = this.#world;
    if (isTroubled || clock.now() - grewAt < standstillMs) return;
    const [job] = ledger.jobs.values();
    const [task] = job?.tasks.keys() ?? [];
    throw new Violation(
      `the run stands still, with ${ledger.jobs.size} jobs in flight and ${ledger.results.size} results`,
      task,
    );
  }
}

interface Views {
  leaseUntil: number;
  epoch: number;
  readonly metadata: MetadataView;
  readonly datastore: DatastoreView;
  readonly layers: readonly ReturnType<typeof guardLayer>[];
  /** What ends with the engine. */
  readonly close: () => void;
}
