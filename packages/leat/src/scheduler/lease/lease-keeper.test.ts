import { expect, it } from 'vitest';
import { VirtualClock } from '@leat/testing';
import { LeatError } from '../../errors/index.ts';
import type { Lease, MetadataStore } from '../../metadata/metadata-store.ts';
import { keepLease } from './lease-keeper.ts';

const lease: Lease = { flow: 'TrainFlow', run: '1', owner: 'here:1', epoch: 1 };

/** Metadata that are not asked for anything but leases. */
const metadataThat = (renewLease: () => Promise<void>): MetadataStore =>
  ({ renewLease }) as unknown as MetadataStore;

it('holds as long as it is renewed, whatever the clock on the wall says', async () => {
  const virtual = new VirtualClock();
  let wall = 0;
  const clock = {
    now: () => virtual.now() + wall,
    steady: () => virtual.steady(),
    after: virtual.after.bind(virtual),
  };
  let asked = 0;
  const metadata = metadataThat(async () => {
    asked += 1;
    wall += asked % 2 === 0 ? 5 * 3_600_000 : -7 * 3_600_000;
  });
  const lost: unknown[] = [];
  const kept = keepLease({ metadata, lease, leaseMs: 30_000, clock, lost: (error) => lost.push(error) });
  await virtual.run(virtual.pause(600_000));
  expect(asked).toBeGreaterThanOrEqual(58);
  expect([lost, kept.holds()]).toEqual([[], true]);
  kept.drop();
  expect(kept.holds()).toBe(false);
});

it('does not hold from the moment on at which another engine may take it', async () => {
  const clock = new VirtualClock();
  const metadata = metadataThat(async () => {
    throw new LeatError('METADATA_UNAVAILABLE', 'away');
  });
  const lost: unknown[] = [];
  const kept = keepLease({ metadata, lease, leaseMs: 30_000, clock, lost: (error) => lost.push(error) });
  await clock.run(clock.pause(29_000));
  expect([lost.length, kept.holds()]).toEqual([0, true]);
  await clock.run(clock.pause(2_000));
  expect([lost.length, kept.holds()]).toEqual([1, false]);
});

it('counts from when it was asked for: an engine that was slow to begin does not believe in it for longer', async () => {
  const clock = new VirtualClock();
  const lost: unknown[] = [];
  const askedAt = clock.steady();
  await clock.run(clock.pause(25_000));
  const kept = keepLease({
    metadata: metadataThat(async () => new Promise(() => {})),
    lease,
    leaseMs: 30_000,
    since: askedAt,
    clock,
    lost: (error) => lost.push(error),
  });
  expect(kept.holds()).toBe(true);
  expect(kept.since()).toBe(askedAt);
  await clock.run(clock.pause(5_001));
  expect(kept.holds()).toBe(false);
  expect(() => {
    kept.require();
  }).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
  expect(lost).toHaveLength(1);
});
