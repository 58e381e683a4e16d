/**
 * Finds out what becomes of the members of chunks: from their pack while the job runs, and for those that are not in it from how
 * the job ended. Says so with events for many at once. Decides nothing.
 */
import type { ComputeLayer, Diagnosis } from '../../compute/compute-layer.ts';
import type { AttemptManifest, FailureReason } from '../../datastore/manifest.ts';
import type { PackLine } from '../../datastore/packs/pack-line.ts';
import { formatPackedKey } from '../../datastore/packs/packed-key.ts';
import { tailPack } from '../../datastore/packs/tail-pack.ts';
import { isLeatError } from '../../errors/index.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { JobEnd } from './attempt-end.ts';
import { withBackOff } from '../back-off.ts';
import { endOfChunk, isStrange } from './chunk-end.ts';
import { memberPlace, memberTask } from '../flights/chunk-flight.ts';
import { backOffFor, type EngineContext } from '../engine-context.ts';
import type { ChunkFlight, ChunkWork } from '../flights/flight.ts';
import { PackLooks } from './pack-looks.ts';
import { readAttempt } from './read-attempt.ts';
import { Semaphore } from '../semaphore.ts';

/** Packs that are read at once. */
const readAtOnce = 32;

const readPatience = { giveUpMs: 120_000 };

/** Outcomes that say no more than the graph does: their manifests need not be read. */
type Plain = Extract<RunEvent, { type: 'chunk-succeeded' }>['outcome']['kind'];
const isPlain = (kind: string): kind is Plain => kind === 'linear' || kind === 'branch' || kind === 'end';

/** See the file's header. */
export class ChunkSettler {
  readonly #layer: ComputeLayer;
  readonly #context: EngineContext;
  readonly #reading = new Semaphore(readAtOnce);
  readonly #looks = new Map<ChunkFlight, PackLooks>();

  constructor(layer: ComputeLayer, context: EngineContext) {
    this.#layer = layer;
    this.#context = context;
    context.signal.addEventListener('abort', () => {
      for (const looks of this.#looks.values()) void looks.end();
    });
  }

  /** The job runs: from now on there may be results. */
  watch(flight: ChunkFlight): void {
    if (this.#looks.has(flight)) return;
    const look = async (): Promise<boolean> => this.#reading.run(async () => this.#look(flight));
    this.#looks.set(flight, new PackLooks(this.#context, look));
  }

  /** A member has ended, as the layer sees it. */
  progressed(flight: ChunkFlight): void {
    this.#looks.get(flight)?.hurry();
  }

  /** The job is over. */
  settle(flight: ChunkFlight, end: JobEnd): void {
    const looks = this.#looks.get(flight);
    this.#looks.delete(flight);
    void Promise.resolve(looks?.end())
      .then(async () => this.#reading.run(async () => this.#settleNow(flight, end)))
      .catch(this.#context.fail);
  }

  /** None of the members that are left has run. */
  fail(flight: ChunkFlight, reason: FailureReason, message: string): void {
    const endedAt = this.#context.clock.now();
    const failed = reason === 'error' ? 'exit' : reason;
    this.#post(endOfChunk(flight, { state: 'failed', reason: failed, message, endedAt }));
  }

  async #settleNow(flight: ChunkFlight, given: JobEnd): Promise<void> {
    let end: JobEnd = { ...given, endedAt: Math.min(given.endedAt, this.#context.clock.now()) };
    try {
      await this.#readAll(flight);
    } catch (error) {
      if (!isLeatError(error) || error.code !== 'STORE_CORRUPT') throw error;
      // What stands behind the damage is gone for good; other attempts may leave something better.
      end = { state: 'failed', reason: 'lost', message: error.message, endedAt: end.endedAt };
    }
    this.#post(endOfChunk(flight, end, await this.#diagnose(flight, end)));
  }

  /** Whether there was anything new. */
  async #look(flight: ChunkFlight): Promise<boolean> {
    if (this.#context.signal.aborted || !this.#looks.has(flight)) return false;
    const before = flight.work.read;
    try {
      await this.#readAll(flight);
    } catch (error) {
      // At the end of the job it is looked at again, and told then.
      if (!isLeatError(error) || error.code !== 'STORE_CORRUPT') throw error;
    }
    return flight.work.read > before;
  }

  /** Says what became of the members whose lines are new. */
  async #readAll(flight: ChunkFlight): Promise<void> {
    const { datastore, clock } = this.#context;
    const { work } = flight;
    const backOff = backOffFor(this.#context, `reading the results of '${flight.name}'`, readPatience);
    for (let more = true; more;) {
      const tail = await withBackOff(backOff, async () => tailPack(datastore, work.pack, work.read));
      this.#warnOfStrays(work, tail.lines);
      const lines = tail.lines.filter(({ member }) => work.decided[member] === 0);
      const others = lines.filter(({ outcome }) => !isPlain(outcome));
      const events: RunEvent[] = [...succeeded(flight, lines, clock.now())];
      for (const line of others)
        events.push(await withBackOff(backOff, async () => this.#readMember(work, line)));
      for (const { member, last } of tail.lines) {
        work.decided[member] = 1;
        if (last === true) work.endedEarly = true;
      }
      if (tail.lines.length > 0) flight.progressedAt = clock.steady();
      work.read = tail.next;
      more = tail.more;
      this.#post(events);
    }
  }

  /** Results of members that are none of the chunk's decide nothing, and none were written by a process that was given this chunk. */
  #warnOfStrays({ pack, places }: ChunkWork, lines: readonly PackLine[]): void {
    const strays = lines.filter(({ member }) => member < 0 || member >= places.length);
    const [first] = strays;
    if (first !== undefined)
      this.#context.warn(
        `'${pack}' holds ${strays.length} results that are none of its chunk: member ${first.member} of ${places.length}`,
      );
  }

  async #readMember(work: ChunkWork, { member, offset, length, endedAt }: PackLine): Promise<RunEvent> {
    const task = memberTask(work, member);
    const { attempt, pack } = work;
    const key = formatPackedKey({ pack, offset, length });
    const facts = { at: Math.min(endedAt, this.#context.clock.now()), task, attempt };
    const lost = (message: string): RunEvent => ({
      type: 'attempt-failed',
      ...facts,
      failure: { reason: 'lost', type: 'lost', message },
    });
    let manifest: AttemptManifest | undefined;
    try {
      manifest = await readAttempt(this.#context.datastore, key, { task, attempt });
    } catch (error) {
      if (!isLeatError(error) || error.code !== 'STORE_CORRUPT') throw error;
      // It is this member's alone: the lines around it are whole.
      return lost(`the result of '${task}' is damaged: ${error.message}`);
    }
    if (manifest === undefined) return lost(`the result of '${task}', '${key}', is gone`);
    const { startedAt } = manifest;
    if (manifest.status === 'failed')
      return { type: 'attempt-failed', ...facts, failure: manifest.failure, startedAt };
    return { type: 'attempt-succeeded', ...facts, manifest: key, outcome: manifest.outcome, startedAt };
  }

  async #diagnose(flight: ChunkFlight, end: JobEnd): Promise<Diagnosis | undefined> {
    const { job, work } = flight;
    if (job === undefined || !isStrange(flight, end) || !work.decided.includes(0)) return undefined;
    try {
      return await this.#layer.diagnose(job);
    } catch {
      return undefined; // A layer that cannot say why has said what already.
    }
  }

  #post(events: readonly RunEvent[]): void {
    for (const event of events) this.#context.post(event);
  }
}

/** One event for all members with the same outcome. */
function succeeded(
  { token, work }: ChunkFlight,
  lines: readonly PackLine[],
  now: number,
): readonly RunEvent[] {
  const byOutcome = Map.groupBy(lines, ({ outcome }) => outcome);
  return [...byOutcome].flatMap(([kind, alike]): readonly RunEvent[] => {
    if (!isPlain(kind)) return [];
    return [
      {
        type: 'chunk-succeeded',
        at: now,
        token,
        outcome: { kind },
        places: alike.map(({ member }) => memberPlace(work, member)),
        offsets: alike.map(({ offset }) => offset),
        lengths: alike.map(({ length }) => length),
        startedAt: alike.map(({ startedAt }) => startedAt),
        endedAt: alike.map(({ endedAt }) => endedAt),
      },
    ];
  });
}
