/**
 * Removes what killed processes of a run have left half-written. Whether any of them was killed is seen in its events; nothing is looked for
 * after a run in which all went well, or in which steps threw or their processes ended by themselves. It takes no longer in a store that holds more
 * of other runs.
 */
import type { Datastore } from '../datastore/datastore.ts';
import { packagePrefix, runPrefix } from '../datastore/keys.ts';
import type { EventFailure, RunEvent } from '../metadata/events.ts';
import type { RunRecord } from '../metadata/metadata-store.ts';
import type { RunObserver } from '../scheduler/observer.ts';

/** The first engine of a run has this epoch: later ones follow on a death. */
const firstEpoch = 1;

/** Ended from outside, whatever the layer could see of it; one that ends by itself ends between its writes. */
const endedFromOutside: ReadonlySet<string> = new Set(['cancelled', 'lost', 'out-of-memory', 'timeout']);

const wasKilled = ({ reason, signal }: EventFailure): boolean =>
  signal !== undefined || endedFromOutside.has(reason);

export class Deaths implements RunObserver {
  #seen: boolean;

  /** `epoch`: of the engine's lease. */
  constructor(epoch: number) {
    this.#seen = epoch > firstEpoch;
  }

  applied(events: readonly RunEvent[]): void {
    this.#seen ||= events.some(
      (event) =>
        (event.type === 'attempt-failed' && wasKilled(event.failure)) ||
        (event.type === 'chunk-ended' && event.returned.length > 0),
    );
  }

  /** To be called when all processes of the run are gone. What cannot be removed now only takes room: `gc` finds it. */
  async sweep(datastore: Datastore, { flow, id, package: code }: RunRecord): Promise<void> {
    if (!this.#seen) return;
    const under = [runPrefix(flow, id), packagePrefix(code), 'blobs/'];
    await datastore.sweepTemporary?.({ olderThan: 0, dryRun: false, under })?.catch(() => undefined);
  }
}
