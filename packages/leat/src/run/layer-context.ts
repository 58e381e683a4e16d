/** What the layers of a run are told, and what they may ask for: made when it is asked for, and once. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LayerContext } from '../compute/compute-layer.ts';
import type { DatastoreAccess } from '../datastore/datastore-access.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { packagePrefix } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import { buildPackage } from '../package/build-package.ts';
import { type CodePackage, factsName } from '../package/code-package.ts';
import { installation } from '../package/installation.ts';
import type { FoundConfig } from '../package/found-config.ts';
import { storeOpened } from '../package/package-cache.ts';
import type { Platform, ToolFiles } from '../package/tools/tool-files.ts';

/** What a context is made of. */
export interface ContextFacts {
  readonly datastore: Datastore;
  /** The code package; it is stored. */
  readonly built: CodePackage;
  /** Folder of what can be made again at any time. */
  readonly cache: string;
  /** Told what takes long. */
  readonly tell?: (text: string) => void;
}

type PackageNames = Pick<CodePackage, 'hash'> & Partial<Pick<CodePackage, 'root' | 'flowFile'>>;

const tool = (name: string): string => join(installation().folder, 'dist', 'task', name);

/** The program that runs tasks. */
export const runnerFile = (): string => tool('runner.cjs');

const toolFiles = (driver?: string): ToolFiles => ({
  runner: runnerFile(),
  program: tool('program.cjs'),
  agent: tool('agent.cjs'),
  ...(driver !== undefined && { driver }),
});

/** What the layers of a run are told. */
export function layerContext({ datastore, built, cache, tell }: ContextFacts): LayerContext {
  const facts = datastore.localPath(packagePrefix(built.hash) + factsName);
  const tools = toolFiles(datastore.driver);
  const storeAccess = datastore.access?.bind(datastore);
  const settings = once(async () => settingsOf(built, cache));
  const nodeFile = async (platform: Platform): Promise<string> => findNodeFile(platform, await settings());
  const asked = async (platform: Platform) => {
    const { limitMb } = (await settings()).config.package;
    return { platform, limitMb, cacheDir: cache };
  };
  const storeNow = async (node: Platform | undefined) => {
    const { storeTools } = await import('../package/tools/write-tools.ts');
    if (node === undefined) return storeTools(datastore, { tools });
    const source = { path: await nodeFile(node), platform: node, cacheDir: cache };
    return storeTools(datastore, { tools, node: source });
  };
  let stored = once(storeNow);
  const copy = once(async (platform: Platform) => {
    const { copyPackage } = await import('../package/portable/store-package.ts');
    return copyPackage(built, await asked(platform));
  });
  return {
    ...namesOf(datastore.url, built),
    tools,
    ...(tell !== undefined && { tell }),
    // What a build has left in the cache goes with the next builds.
    packageFolder: facts === undefined ? storeOpened(cache, built).folder : dirname(facts),
    nodeFile,
    storeTools: async (wanted) => {
      if (wanted?.again === true) stored = once(storeNow);
      return stored(wanted?.node);
    },
    storePackage: once(async (platform: Platform) => {
      const { storeArchive } = await import('../package/portable/store-package.ts');
      return storeArchive(datastore, built, await asked(platform));
    }),
    ...(storeAccess !== undefined && { storeAccess }),
    packageCopy: async (platform) => {
      const folder = await copy(platform);
      // A run of weeks asks again for each task, so that builds beside it do not take its folder away.
      const { renewCopy } = await import('../package/portable/store-package.ts');
      renewCopy(folder);
      return folder;
    },
  };
}

/** What layers are told that are only asked, whether a flow can run or why a job waits: they store nothing. */
export function askContext(datastore: string, built: PackageNames): LayerContext {
  const refuse = async (): Promise<never> => {
    throw new LeatError('LAYER_FAILED', 'a compute layer wants to store something when it is only asked');
  };
  return {
    ...namesOf(datastore, built),
    tools: toolFiles(),
    storeAccess: async (folder) => accessTo(datastore, folder),
    nodeFile: refuse,
    storeTools: refuse,
    storePackage: refuse,
    packageCopy: refuse,
  };
}

/** Who asks, and whether anybody may: also when nothing else is to be done with the datastore. */
async function accessTo(url: string, folder: string): Promise<DatastoreAccess> {
  const { openDatastore } = await import('../datastore/open-datastore.ts');
  const datastore = await openDatastore(url);
  try {
    return (await datastore.access?.(folder)) ?? { environment: {}, files: {}, onLoopback: false };
  } finally {
    await datastore.close();
  }
}

/** A package that came from a store may have been built on another machine, or its project may have moved. */
function namesOf(datastore: string, { hash, root, flowFile = '' }: PackageNames) {
  return {
    datastore,
    package: hash,
    runner: runnerFile(),
    ...(root !== undefined && existsSync(join(root, flowFile)) ? { sourceRoot: root } : {}),
  };
}

/** What the project says about itself; nothing, when it is not on this machine. */
export async function settingsOf({ root, flowFile }: CodePackage, cache: string): Promise<FoundConfig> {
  const { loadConfig } = await import('../package/load-config.ts');
  return loadConfig(join(root, flowFile), async (file) =>
    buildPackage({ file, cacheDir: cache, alone: true }),
  );
}

async function findNodeFile(platform: Platform, { config, folder }: FoundConfig): Promise<string> {
  const { findNode } = await import('../package/tools/node-binary.ts');
  return findNode({ platform, told: config.node, folder });
}

/** Calls once for each key; what has failed is tried again. */
function once<T, Key = void>(make: (key: Key) => Promise<T>): (key: Key) => Promise<T> {
  const made = new Map<Key, Promise<T>>();
  return async (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    try {
      return await known;
    } catch (error) {
      if (made.get(key) === known) made.delete(key);
      throw error;
    }
  };
}
