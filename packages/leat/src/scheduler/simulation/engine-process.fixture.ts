/**
 * The process of one engine, seen from outside: it deals with the world through calls and timers only, and between any two of them
 * it may die or stand still. A process that is dead hears of nothing and does nothing any more; one that stands still hears of
 * all of it later, at once, in one order or another.
 */
import type { Random, VirtualClock } from '@leat/testing';
import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { Clock } from '../clock.ts';
import { type Fate, isMoment, type Scenario } from './scenario.fixture.ts';

const nobody = (): void => {};

export interface ProcessFacts {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly scenario: Scenario;
  readonly fate: Fate | undefined;
  /** What the clock on the wall is set off by. */
  readonly offset: () => number;
  /** Whether things still go wrong. */
  readonly troubled: () => boolean;
  readonly note: (line: string) => void;
}

/** How a call may fail. */
export interface Trouble {
  /** Its name, and whether it writes. */
  readonly call: string;
  readonly fails: number;
  readonly answerLost: number;
  readonly error: (message: string) => Error;
}

export class EngineProcess {
  readonly name: string;
  readonly died: Promise<void>;
  readonly clock: Clock;
  isDead = false;
  isStopped = false;
  /** Its loop has ended. */
  isDone = false;
  readonly #facts: ProcessFacts;
  #dealings = 0;
  #logged = 0;
  #fate: Fate | undefined;
  /** What it will hear of when it goes on. */
  readonly #held: { readonly isTimer: boolean; readonly release: () => void }[] = [];
  #die: () => void = nobody;

  constructor(facts: ProcessFacts) {
    this.#facts = facts;
    this.name = facts.name;
    this.#fate = facts.fate;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    const { clock, offset } = facts;
    this.clock = {
      now: () => clock.now() + offset(),
      steady: () => clock.now(),
      after: (ms, fire) => {
        let cancelled = false;
        const cancel = clock.after(ms, () => {
          this.#hear(true, () => {
            if (!cancelled) fire();
          });
        });
        return () => {
          cancelled = true;
          cancel();
        };
      },
    };
  }

  /** Events of this process are in the log; it has not heard of it yet. */
  logged(events: readonly RunEvent[]): void {
    const { fate, troubled } = this.#facts;
    if (fate?.after === undefined || !troubled()) return;
    const { after, at } = fate;
    const met = events.filter((event) => isMoment(event, after)).length;
    this.#logged += met;
    if (met > 0 && this.#logged >= at && this.#fate !== undefined) this.#meet(fate);
  }

  /** Ends the process at once. */
  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#held.length = 0;
    this.#facts.note(`${this.name} dies`);
    this.#die();
  }

  /** For what a process does without waiting: a dead one does nothing. */
  require(): void {
    if (this.isDead) throw new Error(`${this.name} is dead`);
  }

  /** One call to the outside: it is made or not, has its effect or not, and is answered or not. */
  async call<T>(trouble: Trouble, perform: () => Promise<T> | T): Promise<T> {
    const { random, scenario, clock, troubled, note } = this.#facts;
    await this.#heard();
    const { fails, answerLost, call } = trouble;
    if (troubled() && random.chance(fails)) {
      note(`${this.name} ${call}: fails`);
      throw trouble.error(`${call} fails for now`);
    }
    const late = troubled() && random.chance(scenario.latency.chance);
    const [before, after] = late
      ? [random.between(0, scenario.latency.ms), random.between(0, scenario.latency.ms)]
      : [0, 0];
    if (before > 0) await clock.pause(before);
    let result: { readonly value: T } | { readonly error: unknown };
    try {
      result = { value: await perform() };
    } catch (error) {
      result = { error };
    }
    if (after > 0) await clock.pause(after);
    await this.#heard();
    if ('error' in result) throw result.error;
    if (troubled() && random.chance(answerLost)) {
      note(`${this.name} ${call}: done, and its answer is lost`);
      throw trouble.error(`the answer of ${call} is lost`);
    }
    return result.value;
  }

  async #heard(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#hear(false, resolve);
    });
  }

  /** Something from outside reaches the process: now, later, or never. */
  #hear(isTimer: boolean, release: () => void): void {
    this.#dealings += 1;
    const fate = this.#fate;
    if (fate !== undefined && fate.after === undefined && this.#dealings >= fate.at && this.#facts.troubled())
      this.#meet(fate);
    if (this.isDead) return;
    if (this.isStopped) this.#held.push({ isTimer, release });
    else release();
  }

  #meet({ pauseMs }: Fate): void {
    this.#fate = undefined;
    if (pauseMs === undefined) {
      this.kill();
      return;
    }
    const { clock, note } = this.#facts;
    this.isStopped = true;
    note(`${this.name} stands still for ${pauseMs} ms`);
    clock.after(pauseMs, () => {
      this.#goOn();
    });
  }

  #goOn(): void {
    const { clock, random, note } = this.#facts;
    if (this.isDead) return;
    note(`${this.name} goes on`);
    this.isStopped = false;
    const held = this.#held.splice(0);
    const timersFirst = random.chance(0.5);
    const ordered = held.toSorted((a, b) =>
      a.isTimer === b.isTimer ? 0 : a.isTimer === timersFirst ? -1 : 1,
    );
    // One after the other, with all that follows from each.
    for (const { release } of ordered)
      clock.after(0, () => {
        if (!this.isDead) release();
      });
  }
}

/** An error of a store, as stores tell it. */
export const storeError =
  (code: 'STORE_UNAVAILABLE' | 'METADATA_UNAVAILABLE') =>
  (message: string): Error =>
    new LeatError(code, message);
