/** Where a container engine may listen. Pure. */
import path from 'node:path';
import { LeatError } from '../../errors/index.ts';

/** Whose engines are looked for. */
export interface SocketSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** `undefined`: this system has no such numbers. */
  readonly uid: number | undefined;
}

/**
 * Paths of sockets, in the order in which they are tried: the one that `DOCKER_HOST` or `CONTAINER_HOST` names and no other; else docker's usual
 * ones, then podman's.
 *
 * @throws LeatError OPTION_INVALID for a variable that names an engine on another machine
 */
export function engineSockets({ env, home, uid }: SocketSurroundings): readonly string[] {
  for (const name of ['DOCKER_HOST', 'CONTAINER_HOST']) {
    const value = env[name];
    if (value) return [namedSocket(name, value)];
  }
  const runtime = env['XDG_RUNTIME_DIR'] || (uid === undefined ? undefined : `/run/user/${uid}`);
  const inRuntime = (name: string): readonly string[] =>
    runtime === undefined ? [] : [path.join(runtime, name)];
  return [
    ...inRuntime('docker.sock'),
    '/var/run/docker.sock',
    path.join(home, '.docker/run/docker.sock'),
    ...inRuntime('podman/podman.sock'),
    '/run/podman/podman.sock',
    path.join(home, '.local/share/containers/podman/machine/podman.sock'),
  ];
}

function namedSocket(name: string, value: string): string {
  if (value.startsWith('unix://')) return value.slice('unix://'.length);
  throw new LeatError(
    'OPTION_INVALID',
    `the variable ${name} must name a socket of this machine, as in unix:///var/run/docker.sock; it is '${value}'`,
    {
      hint: `An engine on another machine does not see the files of this one. Unset ${name} to let Leat look for one.`,
    },
  );
}
