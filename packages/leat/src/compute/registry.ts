/**
 * Compute layers by name. The only file that names them; each is loaded when it is asked for, so that nobody pays for a
 * layer that he does not use. A name with `/` is a module that exports `computeLayer`: somebody else's layer.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModule } from '../errors/import-module.ts';
import { importPackage } from '../errors/import-package.ts';
import { isLeatError, LeatError } from '../errors/index.ts';
import { contractVersion, type LayerFactory } from './compute-layer.ts';

const layers: Readonly<Record<string, (folder: string) => Promise<LayerFactory>>> = {
  batch: async (folder) => fromPackage('@leat/aws/batch', folder),
  container: async () => (await import('./container/index.ts')).computeLayer,
  local: async () => (await import('./local/index.ts')).computeLayer,
};

/** The layers that have a name of their own: those of `leat`, and those of packages that users install when they need them. */
export const layerNames: readonly string[] = Object.keys(layers);

/**
 * Loads a layer by its name, or by the name of the module that holds it (found from `folder`, the working directory unless
 * told).
 *
 * @throws LeatError LAYER_UNKNOWN when there is none or it cannot be loaded; OPTION_INVALID when it is in a package of ours that is not installed; LAYER_REFUSED when it speaks another version of the contract.
 * @example const factory = await loadLayer('local');
 */
export async function loadLayer(name: string, folder: string = process.cwd()): Promise<LayerFactory> {
  const known = Object.hasOwn(layers, name) ? layers[name] : undefined;
  const factory = known === undefined ? await importLayer(name, folder) : await known(folder);
  const spoken: number = factory.contract;
  if (spoken === contractVersion) return factory;
  throw new LeatError(
    'LAYER_REFUSED',
    `the compute layer '${name}' speaks version ${spoken} of the contract, Leat speaks ${contractVersion}`,
    {
      hint: `Install a version of '${name}' that fits this version of Leat.`,
    },
  );
}

/** A layer of a package of ours, from beside `leat` or from the user's folder. */
async function fromPackage(entry: string, folder: string): Promise<LayerFactory> {
  const module = await importPackage<{ readonly computeLayer: LayerFactory }>(entry, [
    import.meta.dirname,
    folder,
  ]);
  return module.computeLayer;
}

async function importLayer(name: string, folder: string): Promise<LayerFactory> {
  if (!name.includes('/')) {
    throw new LeatError('LAYER_UNKNOWN', `there is no compute layer '${name}'`, {
      hint: `Known layers: ${layerNames.join(', ')}. A layer of your own is named by its module: '@acme/leat-nomad' or './my-layer.js'.`,
    });
  }
  try {
    const found = createRequire(path.join(folder, 'package.json')).resolve(name);
    const module = await importModule<{ readonly computeLayer?: unknown }>(pathToFileURL(found).href);
    if (isFactory(module.computeLayer)) return module.computeLayer;
  } catch (cause) {
    if (isLeatError(cause)) throw cause;
    throw new LeatError(
      'LAYER_UNKNOWN',
      `the compute layer '${name}' cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: name.startsWith('.') ? `Looked from '${folder}'.` : `Install it: npm i ${name}`,
        cause,
      },
    );
  }
  throw new LeatError('LAYER_UNKNOWN', `the module '${name}' is no compute layer`, {
    hint: 'It must export `computeLayer` with name, contract, parseOptions and open: see LayerFactory in leat/compute.',
  });
}

function isFactory(value: unknown): value is LayerFactory {
  if (typeof value !== 'object' || value === null) return false;
  const { name, parseOptions, open } = value as Partial<Record<keyof LayerFactory, unknown>>;
  return typeof name === 'string' && typeof parseOptions === 'function' && typeof open === 'function';
}
