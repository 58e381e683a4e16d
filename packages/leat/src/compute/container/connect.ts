import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { LeatError } from '../../errors/index.ts';
import { EngineApi } from './api.ts';
import { engineSockets } from './engine-sockets.ts';
import { hasPodman, PodmanService } from './podman-service.ts';

/** A container engine that answers. */
export interface Connection {
  readonly api: EngineApi;
  /** When it was started for us. */
  readonly service?: PodmanService;
}

/**
 * Finds the container engine of this machine. `folder`: for the socket of one that has to be started; `started` is told its processes.
 *
 * @throws LeatError LAYER_FAILED saying what was tried, OPTION_INVALID (`DOCKER_HOST`)
 */
export async function connect(folder: string, started: (pid: number) => void): Promise<Connection> {
  const uid = process.getuid?.();
  const tried: string[] = [];
  for (const socket of engineSockets({ env: process.env, home: homedir(), uid })) {
    if (!existsSync(socket)) continue;
    const api = new EngineApi(socket);
    try {
      await api.ping();
      return { api };
    } catch (error) {
      api.close();
      tried.push(`${socket}: ${(error as Error).message}`);
    }
  }
  if (isNamed() || process.platform !== 'linux' || !hasPodman()) throw noEngine(tried);
  const service = new PodmanService(folder, started);
  try {
    await service.ensure();
    return { api: new EngineApi(service.socket, async () => service.ensure()), service };
  } catch (error) {
    await service.close();
    throw noEngine([...tried, (error as Error).message]);
  }
}

/** Whoever names an engine wants no other. */
const isNamed = (): boolean => Boolean(process.env['DOCKER_HOST'] || process.env['CONTAINER_HOST']);

function noEngine(tried: readonly string[]): LeatError {
  const found = tried.length === 0 ? '' : `: ${tried.join('; ')}`;
  return new LeatError(
    'LAYER_FAILED',
    `the compute layer 'container' finds no container engine that answers on this machine${found}`,
    {
      hint: 'Install podman (apt-get install podman; nothing has to be started) or start docker, and see that `podman info` or `docker info` works for this user. DOCKER_HOST names the socket of another one.',
      details: { layer: 'container' },
    },
  );
}
