import { describe, expect, it } from 'vitest';
import { factsOf, type InfoAnswer, type PodmanAnswer } from './engine-facts.ts';

const podman = { Version: '4.3.1', Os: 'linux', Arch: 'amd64', Components: [{ Name: 'Podman Engine' }] };
const docker = { Version: '28.0.1', Os: 'linux', Arch: 'arm64', Components: [{ Name: 'Engine' }] };
// As podman 4.3 says it.
const rootless: InfoAnswer = { SecurityOptions: ['name=seccomp,profile=default'], Rootless: true };
const both = { memory: true, cpu: true };
const neither = { memory: false, cpu: false };
const host = (told: NonNullable<PodmanAnswer['host']>): PodmanAnswer => ({ host: told });

describe('what an engine tells of itself', () => {
  it('says which it is', () => {
    expect(factsOf(docker, { CgroupVersion: '2' }, undefined)).toEqual({
      kind: 'docker',
      version: '28.0.1',
      os: 'linux',
      arch: 'arm64',
      rootless: false,
      cgroups: 2,
      limits: both,
    });
    const security = { SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'] };
    expect(factsOf(docker, security, undefined)).toMatchObject({ rootless: true });
    expect(factsOf(podman, rootless, undefined)).toMatchObject({
      kind: 'podman',
      rootless: true,
      limits: both,
    });
  });

  it.each([
    ['podman of root', podman, {}, host({ cgroupVersion: 'v1', cgroupControllers: [] }), both],
    [
      'rootless podman, version 1',
      podman,
      rootless,
      host({ cgroupVersion: 'v1', cgroupControllers: [] }),
      neither,
    ],
    ['rootless podman that says null', podman, rootless, host({ cgroupControllers: null }), neither],
    [
      'rootless podman, as systemd has it by itself',
      podman,
      rootless,
      host({ cgroupVersion: 'v2', cgroupControllers: ['memory', 'pids'] }),
      { memory: true, cpu: false },
    ],
    [
      'rootless podman with all',
      podman,
      rootless,
      host({ cgroupVersion: 'v2', cgroupControllers: ['cpu', 'memory', 'pids'] }),
      both,
    ],
    ['docker', docker, { MemoryLimit: true, CpuCfsQuota: true }, undefined, both],
    [
      'docker without memory',
      docker,
      { MemoryLimit: false, CpuCfsQuota: true },
      undefined,
      { memory: false, cpu: true },
    ],
    ['rootless docker without control groups', docker, { CgroupDriver: 'none' }, undefined, neither],
  ])('and what it can enforce: %s', (...[, version, info, told, limits]) => {
    expect(factsOf(version, info, told).limits).toEqual(limits);
  });

  it('and whether a rootless podman can connect containers to a network', () => {
    const found = (told: NonNullable<PodmanAnswer['host']>, info: InfoAnswer = rootless) =>
      factsOf(podman, info, host(told)).noNetwork;
    expect(found({ slirp4netns: { executable: '' } })).toContain('neither pasta nor slirp4netns');
    expect(
      found({ slirp4netns: { executable: '' }, pasta: { executable: '/usr/bin/pasta' } }),
    ).toBeUndefined();
    expect(found({ slirp4netns: { executable: '' } }, {})).toBeUndefined();
    expect(found({ slirp4netns: { executable: '' }, pasta: null })).toContain('is installed');
    expect(found({})).toBeUndefined();
  });
});
