/**
 * Layers that are begun while the flow is still being bundled, on the guess that it will need them: what starts slowly there
 * overlaps with that. A wrong guess costs a little work and nothing else.
 */
import type { PreparedLayer } from '../compute/compute-layer.ts';
import { layerNames, loadLayer } from '../compute/registry.ts';
import { parseWith } from '../plan/parse-with.ts';

const usual = 'local';

export class BegunLayers {
  readonly #layers = new Map<string, Promise<PreparedLayer | undefined>>();

  /** Begins the layer of this machine, unless the flags move every step elsewhere. `runner`: the program that runs tasks. */
  static forFlags(added: readonly string[], runner: string): BegunLayers {
    const begun = new BegunLayers();
    const moved = added.some((text) => isOtherLayer(parseWith(text).name));
    if (!moved) begun.#begin(usual, runner);
    return begun;
  }

  /** What was begun of a layer, for whoever opens it now. */
  async take(name: string): Promise<PreparedLayer | undefined> {
    const found = this.#layers.get(name);
    this.#layers.delete(name);
    return found;
  }

  /** Takes back what nobody has taken. */
  async discard(): Promise<void> {
    const left = [...this.#layers.values()];
    this.#layers.clear();
    for (const begun of left) await (await begun)?.discard();
  }

  #begin(name: string, runner: string): void {
    const begun = loadLayer(name).then((factory) => factory.prepare?.(runner));
    // Why a layer cannot be loaded is told to whoever opens it.
    this.#layers.set(
      name,
      begun.catch(() => undefined),
    );
  }
}

const isOtherLayer = (name: string): boolean =>
  name !== usual && (layerNames.includes(name) || name.includes('/'));
