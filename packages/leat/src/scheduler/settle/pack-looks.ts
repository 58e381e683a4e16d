import type { EngineContext } from '../engine-context.ts';

/** Between two looks at the pack of a chunk that runs, from the shortest to the longest. In milliseconds. */
const lookMs = { first: 250, longest: 5000 };

const nothing = (): void => undefined;

/**
 * When the pack of one chunk is looked at: soon while looks bring something, and when a member is known to have ended; less and less
 * often otherwise. There is one look at a time, and one that is to come.
 */
export class PackLooks {
  readonly #context: Pick<EngineContext, 'clock' | 'fail'>;
  readonly #look: () => Promise<boolean>;
  /** Takes the next look back. */
  #cancel = nothing;
  #waitMs = lookMs.first;
  /** The look under way. */
  #looking: Promise<void> | undefined;
  /** Another one is wanted soon after it. */
  #wanted = false;
  #over = false;

  /** `look`: whether it brought anything; must not begin its work when the looks have ended meanwhile. */
  constructor(context: Pick<EngineContext, 'clock' | 'fail'>, look: () => Promise<boolean>) {
    this.#context = context;
    this.#look = look;
    this.#plan();
  }

  /** There is something to see. */
  hurry(): void {
    if (this.#looking !== undefined) {
      this.#wanted = true;
      return;
    }
    // The next one comes as soon already.
    if (this.#over || this.#waitMs === lookMs.first) return;
    this.#waitMs = lookMs.first;
    this.#plan();
  }

  /** No look begins from now on. Resolves when the one under way is over. */
  async end(): Promise<void> {
    this.#over = true;
    this.#cancel();
    await this.#looking;
  }

  #plan(): void {
    this.#cancel();
    this.#cancel = this.#context.clock.after(this.#waitMs, () => {
      this.#looking = this.#lookNow();
    });
  }

  async #lookNow(): Promise<void> {
    try {
      const isNews = await this.#look();
      this.#waitMs = isNews || this.#wanted ? lookMs.first : Math.min(lookMs.longest, this.#waitMs * 2);
    } catch (error) {
      this.#over = true;
      this.#context.fail(error);
    }
    this.#looking = undefined;
    this.#wanted = false;
    if (!this.#over) this.#plan();
  }
}
