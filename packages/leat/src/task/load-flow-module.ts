import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { scriptOf } from '../package/flow-script.ts';
import { compileScript } from './compiled-script.ts';
import { packageEntry } from './package-folder.ts';
import { toldWork } from './work-kind.ts';

/** What loading a flow came to: kept, so that what it threw can be told when there is a task to tell it of. */
export type LoadedModule = { readonly flow: unknown } | { readonly thrown: unknown };

// The bundle that runs tasks is CommonJS and has one; making one costs a millisecond.
const requireModule = typeof require === 'function' ? require : createRequire(import.meta.url);

/** A folder that is named by the content of its package: what is compiled of it can be kept under its name. */
const packageHash = /^[\da-f]{64}$/;

/**
 * Loads the flow of a package: as a script with its compiled code, where it is marked as one. Else `require` loads a module without a turn of the
 * event loop, which is several milliseconds faster; a package that awaits at its top level is imported. `compiled`: folder for compiled code.
 */
export function loadFlowModule(
  folder: string,
  compiled: string | undefined,
): LoadedModule | Promise<LoadedModule> {
  const file = `${folder}${path.sep}${packageEntry}`;
  try {
    return loadScript(file, compiled) ?? loaded(requireModule(file));
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown } | null)?.code !== 'ERR_REQUIRE_ASYNC_MODULE')
      return { thrown };
  }
  return import(pathToFileURL(file).href).then(loaded, (thrown: unknown) => ({ thrown }));
}

function loadScript(file: string, compiled: string | undefined): LoadedModule | undefined {
  const text = scriptOf(readFileSync(file));
  if (text === undefined) return undefined;
  const hash = path.basename(path.dirname(file));
  const script = compileScript(
    { name: `flow-${hash}`, filename: file, ...text },
    { folder: packageHash.test(hash) ? compiled : undefined, kind: () => toldWork()?.step },
  );
  return { flow: (script.runInThisContext() as () => unknown)() };
}

const loaded = (module: unknown): LoadedModule => ({
  flow: (module as { readonly default?: unknown }).default,
});
