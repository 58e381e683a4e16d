/** This machine and its container engine → what all containers of a layer have in common. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isLeatError, LeatError } from '../../errors/index.ts';
import type { Platform } from '../../package/tools/tool-files.ts';
import type { LayerContext } from '../compute-layer.ts';
import type { EngineFacts } from './engine-facts.ts';
import { lentLibraries } from './init-script.ts';
import type { ContainerSetting } from './job-spec.ts';
import { isFolder, type StoreAccess } from './store-access.ts';

/** Engines' words for the platforms of tools. */
const platforms: Readonly<Record<string, Platform>> = { amd64: 'linux-x64', arm64: 'linux-arm64' };

/** Where Linux has its libraries: Debian and its kin, Fedora and its kin, others. */
const libraryFolders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

/** The platform of the containers of an engine. @throws LeatError LAYER_REFUSED for one that no Node of ours runs on */
export function platformOf({ os, arch }: EngineFacts): Platform {
  const found = os === 'linux' ? platforms[arch] : undefined;
  if (found !== undefined) return found;
  throw new LeatError(
    'LAYER_REFUSED',
    `the container engine runs ${os} on ${arch}, and tasks need Linux on amd64 or arm64`,
    {
      hint: 'Take an engine with Linux containers.',
    },
  );
}

/** What is known already. */
export interface SettingParts extends Pick<ContainerSetting, 'owner' | 'cores'> {
  /** Of the layer. */
  readonly folder: string;
  readonly access: Pick<StoreAccess, 'folder' | 'network'>;
}

/** Looks at the machine; makes the folder of the datastore, since only what is there can be mounted. */
export async function settingOf(
  context: LayerContext,
  facts: EngineFacts,
  { owner, cores, folder, access }: SettingParts,
): Promise<ContainerSetting> {
  const { datastore } = context;
  const stored = isFolder(datastore) ? fileURLToPath(datastore) : undefined;
  if (stored !== undefined) await mkdir(stored, { recursive: true });
  return {
    engine: facts.kind,
    owner,
    ...(await lentNode(context, platformOf(facts))),
    libraries: await copyLibraries(path.join(folder, 'lib'), facts),
    taskFolder: path.dirname(context.runner),
    datastore: { url: datastore, folder: stored },
    driver: context.tools.driver,
    user: userOf(facts.rootless, process.getuid?.(), process.getgid?.()),
    network: access.network,
    access: access.folder,
    limits: facts.limits,
    selinux: existsSync('/sys/fs/selinux/enforce'),
    cores,
  };
}

/** An image may have a Node of its own, so that there is none to lend is told of those that have not. */
async function lentNode(
  context: Pick<LayerContext, 'nodeFile'>,
  platform: Platform,
): Promise<Pick<ContainerSetting, 'node' | 'noNode'>> {
  try {
    return { node: await context.nodeFile(platform) };
  } catch (error) {
    const hint = isLeatError(error) && error.hint !== undefined ? `. ${error.hint}` : '';
    return { node: undefined, noNode: `${error instanceof Error ? error.message : String(error)}${hint}` };
  }
}

/** Copies what Node needs and slim images lack, where this machine is like those of the engine and has it. */
async function copyLibraries(folder: string, { arch }: EngineFacts): Promise<string | undefined> {
  if (process.platform !== 'linux' || platforms[arch] !== `linux-${process.arch}`) return undefined;
  for (const name of lentLibraries) {
    const found = libraryFolders.map((one) => path.join(one, name)).find((file) => existsSync(file));
    if (found === undefined) continue;
    await mkdir(path.join(folder, name), { recursive: true });
    await copyFile(await realpath(found), path.join(folder, name, name));
  }
  return existsSync(folder) ? folder : undefined;
}

/**
 * What a task writes has to belong to whoever runs Leat. In a rootless engine that is the container's root; in others it is the same
 * number as outside. On a Mac the virtual machine sees to it.
 */
export function userOf(rootless: boolean, uid: number | undefined, gid: number | undefined): string {
  return rootless || uid === undefined || process.platform !== 'linux' ? '0:0' : `${uid}:${gid ?? 0}`;
}
