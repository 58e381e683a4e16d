import { describe, expect, it } from 'vitest';
import { engineSockets } from './engine-sockets.ts';

const someone = { env: {}, home: '/home/ann', uid: 1000 };

describe('where a container engine may listen', () => {
  it('docker before podman, one of the user before that of the machine', () => {
    expect(engineSockets(someone)).toEqual([
      '/run/user/1000/docker.sock',
      '/var/run/docker.sock',
      '/home/ann/.docker/run/docker.sock',
      '/run/user/1000/podman/podman.sock',
      '/run/podman/podman.sock',
      '/home/ann/.local/share/containers/podman/machine/podman.sock',
    ]);
    expect(engineSockets({ ...someone, env: { XDG_RUNTIME_DIR: '/r' } })).toContain('/r/podman/podman.sock');
  });

  it('the one that is named, and no other', () => {
    const env = { DOCKER_HOST: 'unix:///a.sock', CONTAINER_HOST: 'unix:///b.sock' };
    expect(engineSockets({ ...someone, env })).toEqual(['/a.sock']);
    expect(engineSockets({ ...someone, env: { ...env, DOCKER_HOST: '' } })).toEqual(['/b.sock']);
  });

  it('not on another machine', () => {
    expect(() => engineSockets({ ...someone, env: { DOCKER_HOST: 'tcp://10.0.0.1:2375' } })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining('DOCKER_HOST') }),
    );
  });
});
