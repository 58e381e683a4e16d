import { LeatError } from '../../errors/index.ts';
import type { Lease, MetadataStore } from '../../metadata/metadata-store.ts';
import { isTransient } from '../back-off.ts';
import type { Clock } from '../clock.ts';

/** What {@link keepLease} needs. */
export interface LeaseFacts {
  readonly metadata: MetadataStore;
  readonly lease: Lease;
  /** For how long it was taken, and is taken again each time. */
  readonly leaseMs: number;
  /** When it was asked for, by the steady clock: no later than the moment that its time counts from. Now, unless told. */
  readonly since?: number | undefined;
  readonly clock: Clock;
  /** The lease is gone, or may be: nothing must be written from now on. Called at most once. */
  readonly lost: (error: unknown) => void;
}

/** A lease that is being kept. */
export interface KeptLease {
  /** Stops the renewing. */
  drop(): void;
  /** Whether nobody else can have taken it: asked before what no lease guards is written, since this process may have been paused. */
  holds(): boolean;
  /**
   * To be called right before anything is changed that no lease guards: jobs, objects in the store.
   * @throws LeatError LEASE_LOST when {@link holds} says no
   */
  require(): void;
  /** When the time that it holds for began, by the steady clock. */
  since(): number;
}

/**
 * Renews a lease at every third of its time until it is dropped. A store that cannot be reached, or does
 * not answer, is asked again, but never beyond the moment at which another engine may take the lease.
 */
export function keepLease(facts: LeaseFacts): KeptLease {
  const { metadata, lease, leaseMs, clock, lost } = facts;
  let stopped = false;
  let until = 0;
  let cause: unknown;
  let cancelRenewal = (): void => {};
  let cancelExpiry = (): void => {};

  const stop = (): void => {
    stopped = true;
    cancelRenewal();
    cancelExpiry();
  };
  const giveUp = (error: unknown): void => {
    if (stopped) return;
    stop();
    lost(error);
  };
  const renew = async (): Promise<void> => {
    const askedAt = clock.steady();
    try {
      await metadata.renewLease(lease, leaseMs);
      arm(askedAt);
    } catch (error) {
      cause = error;
      if (!isTransient(error)) giveUp(error);
      else if (!stopped) cancelRenewal = clock.after(leaseMs / 10, () => void renew());
    }
  };
  // Counted from before the call: the store may have answered late.
  const arm = (since: number): void => {
    if (stopped) return;
    cancelExpiry();
    until = since + leaseMs;
    const left = since - clock.steady();
    cancelExpiry = clock.after(left + leaseMs, () => {
      giveUp(expired(lease, cause));
    });
    cancelRenewal = clock.after(left + leaseMs / 3, () => void renew());
  };

  const holds = (): boolean => !stopped && clock.steady() < until;

  arm(facts.since ?? clock.steady());
  return {
    drop: stop,
    holds,
    since: () => until - leaseMs,
    require: () => {
      if (!holds()) throw expired(lease, cause);
    },
  };
}

function expired(lease: Lease, cause: unknown): LeatError {
  const run = `${lease.flow}/${lease.run}`;
  return new LeatError('LEASE_LOST', `the lease of '${run}' could not be renewed in time`, {
    hint: `The metadata cannot be reached. When it is back: leat recover ${run}`,
    cause,
  });
}
