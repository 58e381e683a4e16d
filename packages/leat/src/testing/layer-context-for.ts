import type { LayerContext } from '../compute/compute-layer.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { openPackage } from '../package/write-package.ts';
import { layerContext } from '../run/layer-context.ts';

/**
 * What the engine tells a compute layer about a code package that is in a datastore: for tests of layers.
 *
 * @param packageHash its files are below `packages/<hash>/`
 * @param cache a folder for what can be made again
 * @throws LeatError NOT_FOUND when the datastore has no such package, STORE_CORRUPT when it is not what was written
 * @example const layer = await computeLayer.open(await layerContextFor(store, hash, cache));
 */
export async function layerContextFor(
  datastore: Datastore,
  packageHash: string,
  cache: string,
): Promise<LayerContext> {
  return layerContext({ datastore, built: await openPackage(datastore, packageHash, cache), cache });
}
