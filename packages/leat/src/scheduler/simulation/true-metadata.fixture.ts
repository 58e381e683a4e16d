/** The metadata as it truly is, whatever engines hear of it: the log, its fold, and who holds the lease. */
import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { Lease } from '../../metadata/metadata-store.ts';
import { createState } from '../state/create-state.ts';
import type { SchedulerState, StateFacts } from '../state/state.ts';
import { summary } from '../summary.ts';
import { transition } from '../transition.ts';
import { Violation } from './violation.fixture.ts';

export class TrueMetadata {
  readonly log: RunEvent[] = [];
  /** The fold of the log. */
  readonly state: SchedulerState;
  epoch = 0;
  #held = false;
  #until = 0;
  #last: readonly RunEvent[] | undefined;
  /** What the state came to with a batch. */
  readonly #summaries = new WeakMap<readonly RunEvent[], string>();
  readonly #now: () => number;
  readonly #appended: (events: readonly RunEvent[]) => void;

  /**
   * @param now the clock of the database
   * @param appended told of what is new in the log, once
   */
  constructor(facts: StateFacts, now: () => number, appended: (events: readonly RunEvent[]) => void) {
    this.state = createState(facts);
    this.#now = now;
    this.#appended = appended;
  }

  get ended(): boolean {
    return this.state.ended !== undefined;
  }

  acquire(
    flow: string,
    run: string,
    owner: string,
    { leaseMs, force }: { leaseMs: number; force: boolean },
  ): Lease {
    if (this.#held && this.#until > this.#now() && !force) throw this.#lost('another engine holds it');
    this.epoch += 1;
    this.#held = true;
    this.#until = this.#now() + leaseMs;
    this.#last = undefined;
    return { flow, run, owner, epoch: this.epoch };
  }

  renew(lease: Lease, leaseMs: number): void {
    this.#require(lease);
    this.#until = this.#now() + leaseMs;
  }

  release({ epoch }: Lease): void {
    if (epoch === this.epoch) this.#held = false;
  }

  /** @throws Violation for a batch that is in the log already: its answer was lost, and the engine has to find that out */
  append(lease: Lease, events: readonly RunEvent[]): number {
    this.#require(lease);
    if (this.#last === events) throw new Violation('the same events are logged twice');
    const stored = JSON.parse(JSON.stringify(events)) as RunEvent[];
    this.log.push(...stored);
    for (const event of stored) transition(this.state, event);
    this.#summaries.set(events, JSON.stringify(summary(this.state)));
    this.#appended(stored);
    this.#last = events;
    return this.log.length;
  }

  /** What the fold came to with this batch. */
  summaryAfter(events: readonly RunEvent[]): string | undefined {
    return this.#summaries.get(events);
  }

  #require({ epoch }: Lease): void {
    if (epoch !== this.epoch || !this.#held) throw this.#lost(`epoch ${this.epoch} has begun`);
  }

  #lost(why: string): LeatError {
    return new LeatError('LEASE_LOST', `the lease is not ours: ${why}`);
  }
}
