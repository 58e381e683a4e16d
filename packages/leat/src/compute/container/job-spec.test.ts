import { conformanceRequest } from '@leat/testing';
import { describe, expect, it } from 'vitest';
import type { AttemptRequest } from '../compute-layer.ts';
import {
  containerName,
  type ContainerPlace,
  type ContainerSetting,
  createRequest,
  messageOf,
} from './job-spec.ts';
import { parseContainerOptions } from './options.ts';
import { userOf } from './surroundings.ts';

const setting: ContainerSetting = {
  engine: 'podman',
  owner: 'boot.1.2.3',
  node: '/usr/bin/node',
  libraries: '/tmp/lib',
  taskFolder: '/opt/leat/dist/task',
  datastore: { url: 'file:///home/ann/.leat/datastore', folder: '/home/ann/.leat/datastore' },
  driver: undefined,
  user: '0:0',
  network: undefined,
  selinux: false,
  cores: 8,
  limits: { memory: true, cpu: true },
  access: undefined,
};
const place: ContainerPlace = {
  message: '/tmp/j/message',
  end: '/tmp/j/end',
  package: '/tmp/package',
  gpus: [],
  first: { kind: 'shell' },
};
const parse = (options: Readonly<Record<string, unknown>>) =>
  parseContainerOptions(options, { env: {}, folder: '/home/ann', nodeVersion: '26.1.0' });

function requested(over: Partial<AttemptRequest> = {}): AttemptRequest {
  const request = conformanceRequest('succeed', over);
  return { ...request, token: 'token-1', spec: { ...request.spec, task: 'succeed[1]' } };
}
const given = (value: number) => ({ value, origin: '@resources' }) as const;
const { resources } = conformanceRequest('succeed');

describe('the request for a container', () => {
  it('of a step that asks for nothing limits nothing', () => {
    const { Entrypoint, ...body } = createRequest(requested(), parse({}), setting, place);
    expect(Entrypoint.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    expect(Entrypoint.slice(3)).toEqual(['leat', '--v8-pool-size=1', '/leat/task/runner.cjs']);
    expect(body).toEqual({
      Image: 'docker.io/library/node:26-slim',
      Cmd: [],
      Env: [],
      Labels: {
        'leat.engine': 'boot.1.2.3',
        'leat.run': 'ConformanceFlow/1',
        'leat.task': 'succeed[1]@0',
        'leat.token': 'token-1',
      },
      User: '0:0',
      StopTimeout: 0,
      HostConfig: {
        Mounts: [
          { Type: 'bind', Source: '/usr/bin/node', Target: '/leat/node', ReadOnly: true },
          { Type: 'bind', Source: '/tmp/lib', Target: '/leat/lib', ReadOnly: true },
          { Type: 'bind', Source: '/opt/leat/dist/task', Target: '/leat/task', ReadOnly: true },
          { Type: 'bind', Source: '/tmp/package', Target: '/leat/package', ReadOnly: true },
          { Type: 'bind', Source: '/tmp/j/message', Target: '/leat/message', ReadOnly: true },
          { Type: 'bind', Source: '/tmp/j/end', Target: '/leat/end', ReadOnly: false },
          { Type: 'bind', Source: '/home/ann/.leat/datastore', Target: '/leat/datastore', ReadOnly: false },
        ],
        LogConfig: { Type: 'k8s-file', Config: {} },
        Tmpfs: {},
      },
    });
  });

  it('asks for no limit that the engine cannot enforce', () => {
    const wanted = { ...resources, cpu: given(2), memory: given(512) };
    const limits = (memory: boolean, cpu: boolean) =>
      createRequest(
        requested({ resources: wanted }),
        parse({}),
        { ...setting, limits: { memory, cpu } },
        place,
      ).HostConfig;
    expect(limits(true, true)).toMatchObject({ NanoCpus: 2e9, Memory: 512 * 1024 * 1024 });
    expect(limits(true, false)).not.toHaveProperty('NanoCpus');
    expect(limits(false, true)).not.toHaveProperty('Memory');
    expect(limits(false, true)).not.toHaveProperty('MemorySwap');
  });

  it('begins without a shell where the image has none, with the libraries of the image before those that are lent', () => {
    const first = { kind: 'node', libraryPath: '/opt/lib' } as const;
    const { Entrypoint, Env } = createRequest(requested(), parse({}), setting, { ...place, first });
    expect(Entrypoint[0]).toBe('/leat/node');
    expect(Entrypoint.slice(-4)).toEqual([
      '/leat/task/init.cjs',
      '/opt/lib',
      '--v8-pool-size=1',
      '/leat/task/runner.cjs',
    ]);
    expect(Env).toEqual([
      expect.stringMatching(
        /^LD_LIBRARY_PATH=\/opt\/lib:\/lib\/.*:\/usr\/lib:\/leat\/lib\/libatomic\.so\.1:/,
      ),
    ]);
  });

  it.each([
    [{ LD_LIBRARY_PATH: '/mine' }, {}, '/mine'],
    [{ LD_LIBRARY_PATH: '/mine' }, { LD_LIBRARY_PATH: '/of/the/step' }, '/of/the/step'],
    [{ LD_LIBRARY_PATH: '' }, {}, ''],
    [{}, {}, '/opt/lib'],
  ])(
    'without a shell, passes on where libraries are: of @container %o, of the step %o, else of the image',
    (environment, own, passed) => {
      const first = { kind: 'node', libraryPath: '/opt/lib' } as const;
      const request = requested({ environment: own });
      const settings = parse({ environment });
      const { Entrypoint, Env } = createRequest(request, settings, setting, { ...place, first });
      expect(Entrypoint.slice(-3)[0]).toBe(passed);
      const begin = passed === '' ? 'LD_LIBRARY_PATH=/lib/' : `LD_LIBRARY_PATH=${passed}:/lib/`;
      expect(Env).toEqual([expect.stringContaining(begin)]);
    },
  );

  it('mounts the credentials that are in files', () => {
    const { Mounts } = createRequest(
      requested(),
      parse({}),
      { ...setting, access: '/tmp/a' },
      place,
    ).HostConfig;
    expect(Mounts).toContainEqual({ Type: 'bind', Source: '/tmp/a', Target: '/leat/access', ReadOnly: true });
  });

  it('of one that asks for much', () => {
    const settings = parse({
      image: 'ours',
      sharedMemory: 64,
      tmpfs: { '/scratch': 100 },
      volumes: ['/data:/data:ro', 'cache:/cache'],
      environment: { A: '1', B: '2' },
      user: 'ann',
      network: 'none',
    });
    const asked = { ...resources, cpu: given(2.5), memory: given(1000) };
    const request = requested({ resources: asked, environment: { B: '3' } });
    const { Entrypoint, ...body } = createRequest(
      request,
      settings,
      { ...setting, engine: 'docker', selinux: true, network: 'host' },
      { ...place, gpus: ['1', '2'] },
    );
    expect(Entrypoint.slice(4, -1)).toEqual(['--v8-pool-size=2', '--max-old-space-size=872']);
    expect(body).toMatchObject({
      Image: 'ours',
      Env: ['HOME=/tmp', 'NVIDIA_VISIBLE_DEVICES=1,2', 'A=1', 'B=3'],
      User: 'ann',
      HostConfig: {
        LogConfig: { Type: 'json-file' },
        NanoCpus: 2_500_000_000,
        Memory: 1_048_576_000,
        MemorySwap: 1_048_576_000,
        NetworkMode: 'none',
        ShmSize: 67_108_864,
        Tmpfs: { '/scratch': 'rw,exec,mode=1777,size=104857600' },
        SecurityOpt: ['label=disable'],
        DeviceRequests: [{ Driver: 'nvidia', DeviceIDs: ['1', '2'], Capabilities: [['gpu']] }],
      },
    });
    expect(body.HostConfig['Mounts']).toEqual(
      expect.arrayContaining([
        { Type: 'bind', Source: '/data', Target: '/data', ReadOnly: true },
        { Type: 'volume', Source: 'cache', Target: '/cache', ReadOnly: false },
      ]),
    );
  });

  it('asks podman for devices by their CDI names', () => {
    const { HostConfig } = createRequest(requested(), parse({}), setting, { ...place, gpus: ['0'] });
    expect(HostConfig['DeviceRequests']).toEqual([
      { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=0'], Capabilities: [['gpu']] },
    ]);
  });

  it('asks for no more cores than there are, and leaves V8 a part of little memory', () => {
    const asked = { ...resources, cpu: given(64), memory: given(128) };
    const { Entrypoint, HostConfig } = createRequest(
      requested({ resources: asked }),
      parse({}),
      setting,
      place,
    );
    expect(HostConfig['NanoCpus']).toBe(8e9);
    expect(Entrypoint).toContain('--max-old-space-size=96');
  });

  it('holds nothing that grows with the task, and no variable of the message', () => {
    const request = requested({ environment: {} });
    const chunk = { pack: 'p', members: Array.from({ length: 10_000 }, () => ({ task: 'x'.repeat(100) })) };
    const small = JSON.stringify(createRequest(request, parse({}), setting, place));
    const large = JSON.stringify(createRequest({ ...request, chunk }, parse({}), setting, place));
    expect(large.length).toBe(small.length);
  });
});

describe('the message', () => {
  it('is one line, in the words of the container', () => {
    const text = messageOf(requested({ environment: { A: 'x\ny' } }), {
      setting,
      mark: 'm',
      environment: { AWS_SECRET_ACCESS_KEY: 's' },
    });
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toMatchObject({
      datastore: 'file:///leat/datastore',
      packageFolder: '/leat/package',
      environment: { A: 'x\ny', AWS_SECRET_ACCESS_KEY: 's' },
    });
  });
});

describe('names and users', () => {
  it('a name is readable and one that engines take', () => {
    expect(containerName({ name: 'TrainFlow/417/train[3,1]~2@0' }, '9-ab')).toBe(
      'leat-TrainFlow-417-train-3-1-2-0-9-ab',
    );
    expect(containerName({ name: 'é'.repeat(500) }, '9-ab')).toMatch(/^[\w][\w.-]{0,150}$/);
  });

  it('what a task writes belongs to whoever runs Leat', () => {
    expect(userOf(true, 1000, 1000)).toBe('0:0');
    expect(userOf(false, 1000, 1001)).toBe('1000:1001');
    expect(userOf(false, 0, 0)).toBe('0:0');
  });
});
