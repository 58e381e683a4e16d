import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isDeadHere, isDriven, leaseOwner } from './is-driven.ts';

const host = hostname();
/** The number of a process that has ended. */
const gone = spawnSync(process.execPath, ['--version']).pid;
const lease = (owner: string, until: number) => ({ lease: { owner, epoch: 1, until } });

describe('a lease', () => {
  it('drives its run until it runs out', () => {
    expect(isDriven(lease(leaseOwner({ host, pid: process.pid }), 1000), 999)).toBe(true);
    expect(isDriven(lease(leaseOwner({ host, pid: process.pid }), 1000), 1000)).toBe(false);
    expect(isDriven({}, 0)).toBe(false);
  });

  it('of a dead process of this machine drives nothing; of other machines nothing is known', () => {
    expect(isDriven(lease(leaseOwner({ host, pid: gone }), 1000), 0)).toBe(false);
    expect(isDriven(lease(leaseOwner({ host: `not-${host}`, pid: gone }), 1000), 0)).toBe(true);
  });

  it.each(['nobody', `${host}:`, `${host}:0`, `${host}:x1`, ''])(
    'with the odd owner %j is let be',
    (owner) => {
      expect(isDeadHere(owner)).toBe(false);
    },
  );
});
