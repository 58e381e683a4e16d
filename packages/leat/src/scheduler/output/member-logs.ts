import type { LogChunk } from '../../compute/compute-layer.ts';
import type { Datastore } from '../../datastore/datastore.ts';
import { openLog, type LogWriter } from '../../datastore/log-store.ts';
import { memberTask } from '../flights/chunk-flight.ts';
import type { Clock } from '../clock.ts';
import type { Flight } from '../flights/flight.ts';
import { LineSplitter } from './line-splitter.ts';
import type { TaskLine } from '../observer.ts';

/** Logs of one job that are open at once: its streams tell of members at their own pace, and each of them in order. */
const openAtOnce = 8;

/** What {@link MemberLogs} needs. */
export interface MemberLogFacts {
  readonly clock: Clock;
  readonly datastore: Datastore;
  /** Where the output of an attempt is stored. */
  readonly keyOf: (task: string, attempt: number) => string;
  readonly line: (line: TaskLine) => void;
  /** Whether the run is still ours: output that comes late is dropped. */
  readonly mayWrite: () => boolean;
}

interface OpenLog {
  readonly log: LogWriter;
  readonly lines: Readonly<Record<LogChunk['stream'], LineSplitter>>;
}

/** The output of one job to the logs of its tasks: one task, or a chunk's members. Who prints nothing leaves nothing. */
export class MemberLogs {
  readonly #facts: MemberLogFacts;
  readonly #flight: Flight;
  /** By member; the one that was opened first goes first. */
  readonly #open = new Map<number, OpenLog>();

  constructor(facts: MemberLogFacts, flight: Flight) {
    this.#facts = facts;
    this.#flight = flight;
  }

  /** Stores a piece of output, and tells the lines in it. */
  async write(chunk: LogChunk): Promise<void> {
    const { member = 0, stream, bytes } = chunk;
    const open = this.#open.get(member) ?? (await this.#openLog(member));
    open.lines[stream].push(bytes);
    await open.log.write(chunk);
  }

  /** There is no more. Throws what the store threw. */
  async close(): Promise<void> {
    for (const member of this.#open.keys()) await this.#close(member);
  }

  async #openLog(member: number): Promise<OpenLog> {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= openAtOnce) await this.#close(oldest);
    const { clock, datastore, keyOf, line, mayWrite } = this.#facts;
    const who = whoIs(this.#flight, member);
    const key = keyOf(who.task, who.attempt);
    // Layers give output from its beginning: what an earlier engine has stored of it is replaced.
    if (this.#flight.adopted) await datastore.delete([key]);
    const splitter = (stream: LogChunk['stream']): LineSplitter =>
      new LineSplitter((text) => {
        line({ ...who, stream, text });
      });
    const lines = { stdout: splitter('stdout'), stderr: splitter('stderr') };
    const open = { log: openLog(datastore, key, mayWrite, (ms, fire) => clock.after(ms, fire)), lines };
    this.#open.set(member, open);
    return open;
  }

  async #close(member: number): Promise<void> {
    const open = this.#open.get(member);
    this.#open.delete(member);
    open?.lines.stdout.end();
    open?.lines.stderr.end();
    await open?.log.close();
  }
}

function whoIs(flight: Flight, member: number): Pick<TaskLine, 'task' | 'attempt'> {
  if (flight.kind === 'attempt') return flight;
  const { work } = flight;
  return { task: memberTask(work, member), attempt: work.attempt };
}
