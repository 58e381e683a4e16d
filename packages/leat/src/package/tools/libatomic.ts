/**
 * Node 26 needs libatomic, a library of 30 KB that slim images do not have, those of Python and CUDA among them, while they have all else that
 * it needs. So it goes with the Node that is brought along.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readNativeFacts } from '../native/elf.ts';
import { fitsPlatform, type Platform } from '../native/platform.ts';

const name = 'libatomic.so.1';

/** Where Linux distributions keep libraries. */
const folders: Readonly<Record<Platform, readonly string[]>> = {
  'linux-x64': ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/lib64', '/usr/lib'],
  'linux-arm64': ['/usr/lib/aarch64-linux-gnu', '/lib/aarch64-linux-gnu', '/usr/lib64', '/lib64', '/usr/lib'],
};

/** This machine's libatomic, when the program needs it and it is one for that platform. */
export function findLibatomic(program: string, platform: Platform): string | undefined {
  if (readNativeFacts(program)?.needed.includes(name) !== true) return undefined;
  return folders[platform]
    .map((folder) => join(folder, name))
    .filter((file) => existsSync(file))
    .map((file) => realpathSync(file))
    .find((file) => {
      const facts = readNativeFacts(file);
      return facts !== undefined && fitsPlatform(facts, platform);
    });
}
