import { describe, expect, it } from 'vitest';
import type { ResolvedResources } from '../../plan/plan.ts';
import { checkStep, type CheckedPlace } from './check.ts';

const asked = (over: Partial<Record<keyof ResolvedResources, number>>): ResolvedResources => {
  const value = (name: keyof ResolvedResources, usual: number) =>
    over[name] === undefined
      ? ({ value: usual, origin: 'default' } as const)
      : ({ value: over[name], origin: '@resources' } as const);
  return { cpu: value('cpu', 1), memory: value('memory', 0), gpu: value('gpu', 0), disk: value('disk', 0) };
};
const docker: CheckedPlace['engine'] = {
  kind: 'docker',
  version: '28.0.1',
  rootless: false,
  cgroups: 2,
  limits: { memory: true, cpu: true },
};
const podman = (version: string): CheckedPlace['engine'] => ({ ...docker, kind: 'podman', version });
const place: CheckedPlace = {
  machine: { cpu: 8, memory: 16_000, gpus: ['0', '1'] },
  engine: docker,
  images: new Map([['here', { ready: true }]]),
  remoteStore: false,
};
const check = (resources: ResolvedResources, over: Partial<CheckedPlace> = {}, image = 'here') =>
  checkStep({ step: 'fit', resources, options: { image } }, { ...place, ...over });

describe('before tasks run in containers', () => {
  it('nothing is said of what can run', () => {
    expect(check(asked({ cpu: 4, memory: 1000, gpu: 2 }))).toEqual([]);
    // It is still being fetched.
    expect(check(asked({}), {}, 'large')).toEqual([]);
  });

  it.each([
    ['is not to be had at all is refused', 'manifest unknown', true, 'error'],
    ['cannot be fetched just now is told of, and refuses no run', 'no route to host', false, 'warning'],
  ])('an image that %s, and says how to name another', (_, reason, permanent, level) => {
    const images = new Map([['none:1', { ready: false, reason, permanent }]]);
    expect(check(asked({}), { images }, 'none:1')).toEqual([
      {
        step: 'fit',
        level,
        message: `step 'fit': the image 'none:1' is not on this machine and cannot be fetched: ${reason}`,
        hint: expect.stringContaining('LEAT_CONTAINER_IMAGE'),
      },
    ]);
  });

  it('devices that are not there are refused, and an engine that would leave them out', () => {
    expect(check(asked({ gpu: 3 }))).toMatchObject([
      { level: 'error', message: "step 'fit' asks for 3 GPUs, and this machine has 2" },
    ]);
    expect(check(asked({ gpu: 1 }), { engine: podman('4.3.1') })).toMatchObject([
      { level: 'error', message: expect.stringContaining('podman 4.3.1') },
    ]);
    expect(check(asked({ gpu: 1 }), { engine: podman('5.4.0') })).toEqual([]);
  });

  it('a step without a network cannot store its results elsewhere', () => {
    const request = { step: 'fit', resources: asked({}), options: { image: 'here', network: 'none' } };
    expect(checkStep(request, place)).toEqual([]);
    expect(checkStep(request, { ...place, remoteStore: true })).toMatchObject([{ level: 'error' }]);
  });

  it.each([
    ['1234', '1000:1000', 0o755, false],
    ['node:node', '0:0', 0o775, false],
    ['1234:0', '0:0', 0o755, false],
    ['1234:0', '0:0', 0o775, true],
    ['1234', '0:0', 0o777, true],
    ['1000', '1000:1000', 0o700, true],
    ['root', '1000:1000', 0o700, true],
    ['0:5', '1000:1000', 0o700, true],
  ])('user %s and a datastore of %s with mode %o: it can store its results: %s', (user, own, mode, can) => {
    const request = { step: 'fit', resources: asked({}), options: { image: 'here', user } };
    const found = checkStep(request, { ...place, store: { user: own, mode } });
    expect(found).toEqual(
      can
        ? []
        : [
            {
              step: 'fit',
              level: 'warning',
              message: expect.stringContaining(`runs as user '${user}', who may not write its results`),
              hint: expect.stringContaining(`user: '${user.split(':')[0]}:${own.split(':')[1]}'`),
            },
          ],
    );
    expect(checkStep(request, { ...place, remoteStore: true })).toEqual([]);
  });

  it('disk is not set aside', () => {
    expect(check(asked({ disk: 100 }))).toMatchObject([{ level: 'warning' }]);
  });

  it.each([
    [
      'nothing can be enforced',
      { ...podman('4.3.1'), rootless: true, cgroups: 1, limits: { memory: false, cpu: false } } as const,
      "step 'fit' asks for 300 MB of memory and 2 cores, which rootless podman 4.3.1 cannot enforce here with control groups of version 1: its tasks are placed by what they ask for, and only the heap of JavaScript is limited",
      'version 2, enforces it',
    ],
    [
      'systemd keeps the controller of cores',
      { ...podman('5.4.0'), rootless: true, limits: { memory: true, cpu: false } } as const,
      "step 'fit' asks for 2 cores, which rootless podman 5.4.0 cannot enforce here with control groups of version 2: its tasks are placed by what they ask for",
      'Delegate=cpu memory',
    ],
    [
      'the kernel does not count memory',
      { ...docker, limits: { memory: false, cpu: true } } as const,
      "step 'fit' asks for 300 MB of memory, which docker 28.0.1 cannot enforce here with control groups of version 2: its tasks are placed by what they ask for, and only the heap of JavaScript is limited",
      'docker info',
    ],
  ])('a limit that will not hold is told: %s', (_, engine, message, hint) => {
    expect(check(asked({ cpu: 2, memory: 300 }), { engine })).toEqual([
      { step: 'fit', level: 'warning', message, hint: expect.stringContaining(hint) },
    ]);
    expect(check(asked({}), { engine })).toEqual([]);
  });

  it('a network that cannot be made is refused where one is needed', () => {
    const engine = { ...podman('4.3.1'), rootless: true, noNetwork: 'slirp4netns is not installed' };
    const request = (options: object) => ({
      step: 'fit',
      resources: asked({}),
      options: { image: 'here', ...options },
    });
    const found = (options: object, over: Partial<CheckedPlace> = {}) =>
      checkStep(request(options), { ...place, engine, ...over });
    const refused = [
      {
        step: 'fit',
        level: 'error',
        message:
          "step 'fit' needs a network of its own, and rootless podman 4.3.1 can make none: slirp4netns is not installed",
        hint: expect.stringContaining("network: 'none'"),
      },
    ];
    expect(found({})).toEqual(refused);
    expect(found({ network: 'bridge' }, { network: 'host' })).toEqual(refused);
    expect(found({ network: 'none' })).toEqual([]);
    expect(found({}, { network: 'host' })).toEqual([]);
  });
});
