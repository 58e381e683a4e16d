import { readFileSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { scriptOf } from '../package/flow-script.ts';
import { compileScript } from './compiled-script.ts';
import { packageEntry } from './package-folder.ts';
import { toldWork } from './told-work.ts';

/** What loading a flow came to: kept, so that what it threw can be told when there is a task to tell it of. */
export type LoadedModule = { readonly flow: unknown } | { readonly thrown: unknown };

// The bundle that runs tasks is CommonJS and has one; making one costs a millisecond.
const requireModule = typeof require === 'function' ? require : createRequire(import.meta.url);

/** What was compiled of a flow before. */
export interface FlowCache {
  /** Folder for compiled code. */
  readonly compiled: string | undefined;
  /** The step that will probably run. */
  readonly step: string;
}

/** A folder that is named by the content of its package: what is compiled of it can be kept under its name. */
const packageHash = /^[\da-f]{64}$/;

/**
 * Loads the flow of a package: as a script with its compiled code, where it is marked as one. Else `require` loads a module without a turn of the
 * event loop, which is several milliseconds faster; a package that awaits at its top level is imported.
 */
export function loadFlowModule(folder: string, cache: FlowCache): LoadedModule | Promise<LoadedModule> {
  const file = `${folder}${path.sep}${packageEntry}`;
  try {
    return loadScript(file, cache) ?? loadModule(file, cache);
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown } | null)?.code !== 'ERR_REQUIRE_ASYNC_MODULE')
      return { thrown };
  }
  return import(pathToFileURL(file).href).then(loaded, (thrown: unknown) => ({ thrown }));
}

function loadModule(file: string, { compiled }: FlowCache): LoadedModule {
  if (compiled !== undefined) enableCompileCache(compiled);
  return loaded(requireModule(file));
}

function loadScript(file: string, { compiled, step }: FlowCache): LoadedModule | undefined {
  const text = scriptOf(readFileSync(file));
  if (text === undefined) return undefined;
  const hash = path.basename(path.dirname(file));
  const script = compileScript(
    { name: `flow-${hash}`, filename: file, ...text },
    {
      folder: packageHash.test(hash) ? compiled : undefined,
      likely: step,
      done: () => toldWork()?.step,
    },
  );
  return { flow: (script.runInThisContext() as () => unknown)() };
}

const loaded = (module: unknown): LoadedModule => ({
  flow: (module as { readonly default?: unknown }).default,
});
