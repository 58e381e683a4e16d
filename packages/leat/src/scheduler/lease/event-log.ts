import { isDeepStrictEqual } from 'node:util';
import type { RunEvent } from '../../metadata/events.ts';
import type { Lease, MetadataStore } from '../../metadata/metadata-store.ts';
import { type BackOff, withBackOff } from '../back-off.ts';

/**
 * The log of a run, for the engine that holds its lease. An append whose answer was lost may have been stored; making it again would
 * put hand-overs into the log that nothing led to. So before it is made again the log is asked whether it is there.
 */
export class EventLog {
  readonly #metadata: MetadataStore;
  readonly #lease: Lease;
  /** The last event that is known to be stored; `undefined` before this engine's first. */
  #seq: number | undefined;

  constructor(metadata: MetadataStore, lease: Lease) {
    this.#metadata = metadata;
    this.#lease = lease;
  }

  /**
   * Appends events once, for as long as patience lasts.
   * @throws LeatError LEASE_LOST, METADATA_UNAVAILABLE
   */
  async append(events: readonly RunEvent[], backOff: BackOff): Promise<void> {
    let isUnsure = false;
    await withBackOff(backOff, async () => {
      const stored = isUnsure ? await this.#find(events) : undefined;
      isUnsure = true;
      this.#seq = stored ?? (await this.#metadata.append(this.#lease, events));
    });
  }

  /** The number of the last of these events, if they are stored: all of them, or none. */
  async #find(events: readonly RunEvent[]): Promise<number | undefined> {
    const { flow, run, epoch } = this.#lease;
    const wanted: unknown = JSON.parse(JSON.stringify(events[0]));
    for await (const { seq, event } of this.#metadata.events(flow, run, this.#seq)) {
      // What another engine has logged since may look the same, and is not ours: the append will say that the lease is lost.
      if (event.type === 'engine-started' && event.epoch > epoch) return undefined;
      if (isDeepStrictEqual(event, wanted)) return seq + events.length - 1;
    }
    return undefined;
  }
}
