/** How a container of any image comes to run an agent. Pure. */
import { nodePart, shellPart } from './bootstrap-script.ts';

/**
 * The command of a container that runs an agent: the same for every job, with nothing of the user's in it. Its variables are those of
 * `agentEnvironment`, with `tools`, and with `node` for images that may have none. It uses the image's Node when that is 24 or newer, else the one that
 * `node` links to, which runs on any image with glibc and one of curl, wget, python3, perl, an older Node; it needs `/bin/sh`. When it fails
 * it says why on stderr and ends with one of `agentExits`.
 *
 * @example const definition = { image: 'python:3.12', command: bootstrapCommand(), environment: agentEnvironment(setting) };
 */
export function bootstrapCommand(): readonly string[] {
  return ['/bin/sh', '-c', shellPart.trim(), 'leat', nodePart.trim()];
}
