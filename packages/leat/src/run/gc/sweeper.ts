import type { Datastore, ObjectFacts } from '../../datastore/datastore.ts';

const deletesAtOnce = 1_000;

/** Removes objects in batches and counts them; with `dryRun` it only counts. */
export class Sweeper {
  objects = 0;
  bytes = 0;
  readonly #datastore: Datastore;
  readonly #dryRun: boolean;

  constructor(datastore: Datastore, dryRun: boolean) {
    this.#datastore = datastore;
    this.#dryRun = dryRun;
  }

  /** Removes the objects under `prefix` that `goes` says may go. */
  async sweep(prefix: string, goes: (found: ObjectFacts) => boolean): Promise<void> {
    let batch: string[] = [];
    for await (const found of this.#datastore.list(prefix)) {
      if (!goes(found)) continue;
      this.objects += 1;
      this.bytes += found.size;
      batch.push(found.key);
      if (batch.length === deletesAtOnce) {
        await this.#remove(batch);
        batch = [];
      }
    }
    await this.#remove(batch);
  }

  async #remove(keys: readonly string[]): Promise<void> {
    if (!this.#dryRun && keys.length > 0) await this.#datastore.delete(keys);
  }
}
