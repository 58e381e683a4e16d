/**
 * What is said of an attempt that failed, held against what happened to it: a user's fault must be one, and what a platform is said to have
 * done must be something that it can do here.
 */
import type { RunEvent } from '../../metadata/events.ts';
import { reasonOf } from './conduct.fixture.ts';
import type { Scenario } from './scenario.fixture.ts';
import { Violation } from './violation.fixture.ts';

export const ownReasons: ReadonlySet<string> = new Set(['error', 'exit', 'timeout', 'out-of-memory']);
export const platformReasons: ReadonlySet<string> = new Set(['interrupted', 'lost', 'start-failed']);

type Failed = Extract<RunEvent, { type: 'attempt-failed' }>;

/** What processes know of themselves. */
export interface TruthEvidence {
  /** Whether the process of an attempt has ever begun with it. */
  readonly hasBegun: (task: string, attempt: number) => boolean;
  /** When a process has committed an attempt that ran alone, by the clock of engines. */
  readonly committedAt: (task: string, attempt: number) => number | undefined;
  /** Whether a layer has said of a job that it came too late for what it was handed. */
  readonly hasExpired: (token: string) => boolean;
}

/** How the run stands. */
export interface Standing {
  /** Somebody has asked for the end of attempts, of this one too. */
  readonly mayCancel: boolean;
  /** So many engines have driven it. */
  readonly engines: number;
  /** Of its job. */
  readonly token: string;
}

export class Truth {
  readonly #scenario: Scenario;
  readonly #evidence: TruthEvidence;

  constructor(scenario: Scenario, evidence: TruthEvidence) {
    this.#scenario = scenario;
    this.#evidence = evidence;
  }

  /** @throws Violation */
  expect(event: Failed, standing: Standing): void {
    const { task, failure } = event;
    const { reason } = failure;
    this.#expectSeen(event);
    if (ownReasons.has(reason)) this.#expectMisconduct(event);
    else if (platformReasons.has(reason)) this.#expectFault(event, standing);
    else if (reason === 'cancelled') {
      if (!standing.mayCancel)
        throw new Violation(`'${task}@${event.attempt}' was cancelled, and nobody has asked for it`, task);
    } else if (reason !== 'refused')
      throw new Violation(`'${task}' failed with '${reason}': ${failure.message}`, task);
    else if ((this.#scenario.faults.refused ?? 0) === 0)
      throw new Violation(`'${task}' was refused by nobody: ${failure.message}`, task);
  }

  /** What was committed before its job was over has to be found. */
  #expectSeen({ at, task, attempt, failure }: Failed): void {
    const committedAt = this.#evidence.committedAt(task, attempt);
    if (failure.reason !== 'lost' && failure.reason !== 'interrupted') return;
    if (committedAt === undefined || committedAt >= at || this.#scenario.jumps.length > 0) return;
    throw new Violation(
      `'${task}@${attempt}' is said to be '${failure.reason}', and had committed its success before`,
      task,
    );
  }

  #expectMisconduct({ task, attempt, failure: { reason } }: Failed): void {
    const misconduct = this.#scenario.conduct.of(task, attempt);
    const what = `'${task}@${attempt}' is said to have failed with '${reason}'`;
    if (misconduct === undefined || reasonOf[misconduct] !== reason)
      throw new Violation(`${what}, and did '${misconduct}'`, task);
    if (!this.#evidence.hasBegun(task, attempt)) throw new Violation(`${what}, and never began`, task);
  }

  #expectFault({ task, attempt, failure: { reason, code } }: Failed, { engines, token }: Standing): void {
    if (code === 'JOB_EXPIRED' && !this.#evidence.hasExpired(token))
      throw new Violation(`'${task}@${attempt}' is said to have expired, and no layer has said so`, task);
    if (!this.#mayBe(reason, engines))
      throw new Violation(
        `'${task}@${attempt}' is said to be '${reason}', and nothing here makes it so`,
        task,
      );
    // A layer that has not answered, and has lost what it was given when it is asked, does not know that it had begun.
    const mayBeForgotten = this.#has('lost');
    if (reason === 'start-failed' && !mayBeForgotten && this.#evidence.hasBegun(task, attempt))
      throw new Violation(`'${task}@${attempt}' is said not to have been started, and had begun`, task);
  }

  /** Whether this world can do what a layer's reason says. */
  #mayBe(reason: string, engines: number): boolean {
    const { stores, diesWithEngine } = this.#scenario;
    if (reason === 'interrupted') return this.#has('interrupted');
    if (reason === 'lost') return this.#has('lost') || engines > 1 || diesWithEngine;
    const unsent = this.#has('failingCall') || this.#has('unanswered');
    return this.#has('startFailed') || unsent || stores.fails > 0 || stores.answerLost > 0;
  }

  /** Whether a fault may happen in this world at any time. */
  #has(fault: keyof Scenario['faults']): boolean {
    const { faults, storms } = this.#scenario;
    return [faults, ...storms.map((storm) => storm.faults)].some((weather) => (weather[fault] ?? 0) > 0);
  }
}
