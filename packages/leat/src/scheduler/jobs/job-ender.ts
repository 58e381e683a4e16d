import type { ComputeLayer, JobId } from '../../compute/compute-layer.ts';
import { withBackOff } from '../back-off.ts';
import { backOffFor, type EngineContext } from '../engine-context.ts';

/** Between the gentle and the forced end of a task, in seconds. */
const graceSeconds = 10;

/** How long a layer may take to confirm that ended jobs have ended, beyond the grace, before the engine stops asking. */
const confirmMs = { gentle: 30_000, forced: 5_000 };

const cancelPatience = { giveUpMs: 30_000 };

/** Ends jobs of one layer. That they have ended is seen by whoever watches them. */
export class JobEnder {
  readonly #layer: ComputeLayer;
  readonly #context: EngineContext;
  readonly #unconfirmed: (message: string) => void;
  #forget = (): void => {};

  /** @param unconfirmed told when jobs of a run that is to end were not seen to end in time */
  constructor(layer: ComputeLayer, context: EngineContext, unconfirmed: (message: string) => void) {
    this.#layer = layer;
    this.#context = context;
    this.#unconfirmed = unconfirmed;
    context.signal.addEventListener('abort', () => {
      this.#forget();
    });
  }

  /** Ends jobs gently. */
  end(jobs: readonly JobId[]): void {
    void this.#end(jobs, graceSeconds);
  }

  /** Ends jobs of a run that is to end, and waits for that only so long. */
  endAll(jobs: readonly JobId[], force: boolean): void {
    if (jobs.length > 0) void this.#end(jobs, force ? 0 : graceSeconds);
    this.#forget();
    const confirmed = force ? confirmMs.forced : confirmMs.gentle + graceSeconds * 1000;
    this.#forget = this.#context.clock.after(confirmed, () => {
      this.#unconfirmed(`the compute layer '${this.#layer.name}' did not confirm that it ended the job`);
    });
  }

  async #end(jobs: readonly JobId[], grace: number): Promise<void> {
    const { name } = this.#layer;
    const backOff = backOffFor(this.#context, `ending tasks on '${name}'`, cancelPatience);
    try {
      await withBackOff(backOff, async () => {
        this.#context.requireLease();
        await this.#layer.cancel(jobs, { graceSeconds: grace });
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#context.warn(`'${name}' did not end ${jobs.length} of its jobs: ${why}`);
    }
  }
}
