/** The folder of a container layer, with the socket of an engine that it starts. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LeatError } from '../../errors/index.ts';

/** Name of the socket of an engine that the layer starts, in its folder. */
export const socketName = 'podman.sock';

/** Linux takes no longer path of a socket, in bytes: `sun_path` has 108, with a zero at the end (unix(7)). */
const longestSocket = 107;

const prefix = 'leat-container-';

/** Where a socket in a new folder has a path that is short enough, the best first. */
export function shortEnough(folders: readonly (string | undefined)[]): readonly string[] {
  const socketIn = (folder: string): string => path.join(folder, `${prefix}XXXXXX`, socketName);
  return folders.filter(
    (folder): folder is string =>
      Boolean(folder) && Buffer.byteLength(socketIn(folder ?? '')) <= longestSocket,
  );
}

/**
 * Makes it among the temporary files, or in another place for such where their path is too long for a socket.
 *
 * @throws LeatError LAYER_FAILED when there is no such place
 */
export async function makeLayerFolder(): Promise<string> {
  const temporary = tmpdir();
  const tried: string[] = [];
  for (const folder of shortEnough([temporary, '/tmp', process.env['XDG_RUNTIME_DIR']])) {
    try {
      return await mkdtemp(path.join(folder, prefix));
    } catch (error) {
      tried.push((error as Error).message);
    }
  }
  const why = tried.length === 0 ? `the path '${temporary}' is too long for a socket` : tried.join('; ');
  throw new LeatError('LAYER_FAILED', `the compute layer 'container' finds no place for its folder: ${why}`, {
    hint: 'Set TMPDIR to a folder that you may write to and whose path has at most 70 characters.',
    details: { layer: 'container' },
  });
}
