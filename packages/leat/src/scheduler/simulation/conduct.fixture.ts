/** How the attempts of a simulated run go by themselves: the truth that what the log says of them is held against. */
import type { EventOutcome } from '../../metadata/events.ts';
import type { RunPlan } from '../../plan/plan.ts';
import { decideOtherwise } from '../fixtures/decide.fixture.ts';
import { jitter } from '../policy/retry.ts';

/** What a step does to fail. All of it is its own doing: its user's tries pay. */
export type Misconduct =
  | 'throws'
  /** Throws where nobody awaits it: its process is not to be trusted, and ends. */
  | 'throws-and-ends'
  | 'dies'
  | 'leaves-nothing'
  | 'hangs';

/** What the log must say of it. */
export const reasonOf: Readonly<Record<Misconduct, string>> = {
  throws: 'error',
  'throws-and-ends': 'error',
  dies: 'exit',
  'leaves-nothing': 'exit',
  hangs: 'timeout',
};

export interface ConductOptions {
  readonly seed: number;
  /** Share of the tasks that fail some of their tries. */
  readonly fails: number;
  /** Tasks of this step may be out of tries. */
  readonly doomed: string | undefined;
}

const stepOf = (task: string): string => /^[^[~]+/.exec(task)![0];

/** See the file's header. */
export class Conduct {
  readonly #plan: RunPlan;
  readonly #options: ConductOptions;
  /** By task, the attempts that were looked at, and how they go. */
  readonly #attempts = new Map<string, Map<number, Misconduct | undefined>>();
  /** Tasks that the platform has worn out, and that were caught. */
  readonly #worn = new Set<string>();

  constructor(plan: RunPlan, options: ConductOptions) {
    this.#plan = plan;
    this.#options = options;
    decideOtherwise(plan, (task) => this.#standIn(task));
  }

  /** How an attempt fails, if it does: the same, whoever asks, and however often. */
  of(task: string, attempt: number): Misconduct | undefined {
    const known = this.#attempts.get(task) ?? new Map<number, Misconduct | undefined>();
    this.#attempts.set(task, known);
    if (known.has(attempt)) return known.get(attempt);
    const failed = [...known.values()].filter((each) => each !== undefined).length;
    const misconduct = failed < this.#failuresOf(task) ? this.#kindOf(task, attempt) : undefined;
    known.set(attempt, misconduct);
    return misconduct;
  }

  /** Whether a task fails as often as it is tried. */
  isDoomed(task: string): boolean {
    const { doomed, seed } = this.#options;
    return doomed !== undefined && stepOf(task) === doomed && this.#chance(`${seed} doom ${task}`) < 0.5;
  }

  /** The platform has failed a task so often that it was caught. */
  wearOut(task: string): void {
    this.#worn.add(task);
  }

  /** How long an attempt runs when nothing disturbs it. In milliseconds. */
  durationMs(task: string, attempt: number): number {
    const { seed } = this.#options;
    // From a hundredth of a second to minutes; in some runs everything takes long.
    const pace =
      10 ** (1 + 3 * this.#chance(`${seed} pace ${stepOf(task)}`) + 1.5 * this.#chance(`${seed} pace`) ** 2);
    const straggles = this.#chance(`${seed} straggles ${task}@${attempt}`) < 0.05 ? 20 : 1;
    return Math.ceil(
      Math.min(400_000, pace * (0.5 + this.#chance(`${seed} lasts ${task}@${attempt}`)) * straggles),
    );
  }

  describe(): string {
    const { fails, doomed } = this.#options;
    return `${(fails * 100).toFixed(0)} % fail at first${doomed === undefined ? '' : `, some of '${doomed}' always`}`;
  }

  #failuresOf(task: string): number {
    if (this.isDoomed(task)) return Infinity;
    const { times } = this.#plan.steps[stepOf(task)]!.retry;
    const { seed, fails } = this.#options;
    const chance = this.#chance(`${seed} fails ${task}`);
    return chance < fails ? Math.ceil((times * chance) / fails) : 0;
  }

  #kindOf(task: string, attempt: number): Misconduct {
    const kinds: readonly Misconduct[] = [
      'throws',
      'throws-and-ends',
      'dies',
      'leaves-nothing',
      ...(this.#plan.steps[stepOf(task)]!.timeoutSeconds === undefined ? [] : ['hangs' as const]),
    ];
    return kinds[Math.floor(this.#chance(`${this.#options.seed} kind ${task}@${attempt}`) * kinds.length)]!;
  }

  #standIn(task: string): EventOutcome | undefined {
    const { catchError } = this.#plan.steps[stepOf(task)]!;
    if (catchError === undefined || !(this.isDoomed(task) || this.#worn.has(task))) return undefined;
    const { next } = this.#plan.graph.steps.find(({ name }) => name === stepOf(task))!;
    if (next.kind === 'foreach') return { kind: 'foreach', items: { count: 0 } };
    return next.kind === 'switch' ? { kind: 'switch', choice: catchError.case! } : undefined;
  }

  #chance(text: string): number {
    return jitter(text);
  }
}
