/** Everything around the engines of one simulated run: the true stores, the layers and what runs on them, time, and the ledger. */
import { Random, SimulatedLayer, VirtualClock } from '@leat/testing';
import type { RunEvent } from '../../metadata/events.ts';
import type { RunRecord } from '../../metadata/metadata-store.ts';
import { MemoryDatastore } from '../../testing/memory-datastore.ts';
import { Ledger } from './ledger.fixture.ts';
import { Platform } from './platform.fixture.ts';
import type { Scenario } from './scenario.fixture.ts';
import { TrueMetadata } from './true-metadata.fixture.ts';
import { Violation } from './violation.fixture.ts';

export class World {
  readonly scenario: Scenario;
  readonly clock: VirtualClock = new VirtualClock();
  readonly random: Random;
  readonly datastore: MemoryDatastore = new MemoryDatastore();
  readonly metadata: TrueMetadata;
  readonly platform: Platform;
  readonly ledger: Ledger;
  readonly run: RunRecord;
  /** What happened, line by line, when somebody wants to know. */
  readonly story: string[] | undefined;
  /** Rejects with the first thing that must never happen. */
  readonly violated: Promise<never>;
  /** When the log last grew. */
  grewAt: number;
  readonly #layers: SimulatedLayer[] = [];
  #violate: (violation: unknown) => void = () => {};
  #made = 0;
  #faults: Parameters<SimulatedLayer['trouble']>[0] | undefined;
  readonly #startedAt: number;

  constructor(scenario: Scenario, story?: string[]) {
    this.scenario = scenario;
    this.story = story;
    this.random = new Random(Math.imul(scenario.seed + 7, 0x27d4eb2f));
    this.#startedAt = this.clock.now();
    this.grewAt = this.#startedAt;
    const { plan } = scenario.flow;
    this.violated = new Promise((_, reject) => {
      this.#violate = reject;
    });
    this.violated.catch(() => {});
    this.metadata = new TrueMetadata(
      { run: '1', plan },
      () => this.clock.now() + this.offset(),
      (events) => {
        this.#appended(events);
      },
    );
    const note = (line: string): void => {
      this.note(line);
    };
    const { datastore } = this;
    const now = (): number => this.clock.now() + this.offset();
    this.platform = new Platform({ scenario, datastore, now, note });
    this.ledger = new Ledger(scenario, {
      datastore,
      hasBegun: (task, attempt) => this.platform.hasBegun(task, attempt),
      committedAt: (task, attempt) => this.platform.committedAt(task, attempt),
      hasExpired: (token) => this.#layers.some(({ expired }) => expired.has(token)),
    });
    this.run = {
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
      createdAt: this.clock.now(),
      status: 'running',
      lastSeq: 0,
    };
    if (!scenario.diesWithEngine) this.#addLayers();
    this.#planWeather();
  }

  /** Since the beginning, in milliseconds. */
  get time(): number {
    return this.clock.now() - this.#startedAt;
  }

  /** Whether things still go wrong. */
  get isTroubled(): boolean {
    return this.time < this.scenario.calmAt;
  }

  /** What somebody has set the clock off by. */
  offset(): number {
    const { time } = this;
    return this.scenario.jumps.reduce((sum, { at, by }) => (at <= time ? sum + by : sum), 0);
  }

  note(line: string): void {
    this.story?.push(`${(this.time / 1000).toFixed(3).padStart(10)} ${line}`);
  }

  violate(error: unknown): void {
    this.note(`VIOLATION: ${error instanceof Error ? error.message : String(error)}`);
    this.#violate(error);
  }

  /** The layers that the next engine deals with: where jobs die with their engine, they are its own. */
  layersForEngine(): readonly SimulatedLayer[] {
    return this.scenario.diesWithEngine ? this.#addLayers() : this.#layers;
  }

  #addLayers(): readonly SimulatedLayer[] {
    const layers = ['simulated', 'other'].map((name) => this.#makeLayer(name));
    this.#layers.push(...layers);
    return layers;
  }

  #makeLayer(name: string): SimulatedLayer {
    const { scenario, clock, platform } = this;
    this.#made += 1;
    const layer = new SimulatedLayer({
      clock,
      name,
      seed: scenario.seed + this.#made,
      task: (request) => platform.process(request),
      startMs: scenario.startMs,
      longPoll: scenario.longPoll,
      ...(scenario.capacity === undefined ? {} : { capacity: scenario.capacity }),
      sentAgain: ({ name: again, spec }) => {
        if (!scenario.tokens)
          this.violate(
            new Violation(`'${again}' is sent to a layer that has it and was not asked`, spec.task),
          );
      },
    });
    layer.trouble(this.#faults ?? scenario.faults);
    return layer;
  }

  #planWeather(): void {
    const { storms, faults, calmAt } = this.scenario;
    for (const { from, to, faults: more } of storms) {
      this.clock.after(from, () => {
        if (this.isTroubled) this.#turn({ ...faults, ...more }, 'a storm begins');
      });
      this.clock.after(to, () => {
        if (this.isTroubled) this.#turn(faults, 'a storm ends');
      });
    }
    this.clock.after(calmAt, () => {
      this.#turn({}, 'from here on nothing goes wrong');
    });
  }

  #turn(faults: Parameters<SimulatedLayer['trouble']>[0], what: string): void {
    this.note(what);
    this.#faults = faults;
    for (const layer of this.#layers) layer.trouble(faults);
  }

  #appended(events: readonly RunEvent[]): void {
    this.grewAt = this.clock.now();
    if (this.story !== undefined) for (const event of events) this.note(`log: ${JSON.stringify(event)}`);
    try {
      for (const event of events) this.ledger.enter(event);
    } catch (error) {
      this.violate(error instanceof Violation ? error : new Violation(String(error)));
    }
  }
}
