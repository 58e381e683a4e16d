import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageEntry } from './package-folder.ts';

/** What loading a flow came to: kept, so that what it threw can be told when there is a task to tell it of. */
export type LoadedModule = { readonly flow: unknown } | { readonly thrown: unknown };

// The bundle that runs tasks is CommonJS and has one; making one costs a millisecond.
const requireModule = typeof require === 'function' ? require : createRequire(import.meta.url);

/**
 * Loads the flow of a package. `require` loads a module without a turn of the event loop, which is several milliseconds
 * faster; a package that awaits at its top level is imported.
 */
export function loadFlowModule(folder: string): LoadedModule | Promise<LoadedModule> {
  const file = path.join(folder, packageEntry);
  try {
    return loaded(requireModule(file));
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown } | null)?.code !== 'ERR_REQUIRE_ASYNC_MODULE')
      return { thrown };
  }
  return import(pathToFileURL(file).href).then(loaded, (thrown: unknown) => ({ thrown }));
}

const loaded = (module: unknown): LoadedModule => ({
  flow: (module as { readonly default?: unknown }).default,
});
