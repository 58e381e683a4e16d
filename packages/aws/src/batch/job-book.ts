/**
 * What is known of one job of Batch and, when it is an array, of its children: kept so that as little as possible is asked. The parent's own
 * status counts the children by state; only when these counts say more than is known are children asked about, the likeliest first.
 */
import type { JobStatus } from 'leat/compute';
import type { JobDetail } from './api.ts';
import { type DescribedJob, statusOf } from './job-status.ts';

/** States in the order in which a child goes through them. A child never goes back as far as the engine is concerned. */
const ranks = { waiting: 0, starting: 1, running: 2, over: 3 } as const;

/** Children that have got at least so far. */
interface Reached {
  readonly starting: number;
  readonly running: number;
  readonly over: number;
}

/** See the file's header. A job that is no array has one child: itself. */
export class JobBook {
  readonly id: string;
  readonly size: number;
  /** Its attempts, by index; none where only the job itself is known. */
  readonly tokens: readonly string[];
  readonly #ranks: Uint8Array;
  /** States that the engine was told, by `toldOrder`; what is further is news. */
  readonly #told: Uint8Array;
  readonly #statuses = new Map<number, JobStatus>();
  /** Of each rank how many children. */
  readonly #counts: [number, number, number, number];
  /** Children that the engine has ended. */
  readonly #cancelled = new Set<number>();
  #parent: Partial<JobDetail> = { status: 'SUBMITTED' };
  #summary: Reached = { starting: 0, running: 0, over: 0 };
  /** Batch has made all children: each counts somewhere. */
  #isMade = false;

  constructor(id: string, size: number, tokens: readonly string[] = []) {
    this.id = id;
    this.size = size;
    this.tokens = tokens;
    this.#ranks = new Uint8Array(size);
    this.#told = new Uint8Array(size);
    this.#counts = [size, 0, 0, 0];
  }

  /** Whether all of it has ended. */
  get over(): boolean {
    return this.#counts[ranks.over] === this.size;
  }

  /** Name of a child, as Batch and the engine know it. */
  idOf(index: number): string {
    return this.size === 1 ? this.id : `${this.id}:${index}`;
  }

  /** What DescribeJobs says of the job itself; what it says of its only child, when it is no array, is for {@link JobBook.advance}. */
  take(detail: Partial<JobDetail>): void {
    const summary = detail.arrayProperties?.statusSummary ?? {};
    this.#parent = detail;
    this.#summary = reachedOf(summary);
    this.#isMade = Object.values(summary).reduce((sum, count) => sum + count, 0) >= this.size;
  }

  /**
   * What holds for a child that an answer leaves out: until Batch has made it, it fares as its parent, which may have been ended before. `undefined`: it
   * was made, so the answer says nothing of it.
   */
  standIn(): Partial<JobDetail> | undefined {
    if (this.#isMade) return undefined;
    return isOverStatus(this.#parent.status) ? this.#parent : this.#waiting();
  }

  /** A child is so far; nothing happens when it is known to be further. */
  advance(index: number, status: JobStatus): void {
    const rank = rankOf(status);
    const before = this.#ranks[index] ?? 0;
    if (rank < before || before === ranks.over) return;
    this.#counts[before as 0] -= 1;
    this.#counts[rank as 0] += 1;
    this.#ranks[index] = rank;
    this.#statuses.set(index, status);
  }

  /** Changes whenever a child gets further. */
  mark(): string {
    return `${this.#waiting().status} ${this.#counts.join(' ')}`;
  }

  /** Whether a child has ended. */
  isOver(index: number): boolean {
    return this.#ranks[index] === ranks.over;
  }

  /** The status of a child, as the engine is to hear it. */
  status(index: number): JobStatus {
    const status = this.#statuses.get(index) ?? statusOf(this.#waiting());
    if (status.state !== 'failed' || !this.#cancelled.has(index)) return status;
    // However the container died of it.
    return status.reason === 'exit' || status.reason === 'lost' || status.reason === 'start-failed'
      ? { ...status, reason: 'cancelled', message: 'it was cancelled' }
      : status;
  }

  /** Whether a child has got further than the engine was told. */
  hasNews(index: number): boolean {
    return toldOrder.indexOf(this.#stateOf(index)) > (this.#told[index] ?? 0);
  }

  /** The engine is told of a child as it is now. */
  tell(index: number): JobStatus {
    const status = this.status(index);
    this.#told[index] = Math.max(this.#told[index] ?? 0, toldOrder.indexOf(status.state));
    return status;
  }

  /** The engine has ended a child. */
  markCancelled(index: number): void {
    this.#cancelled.add(index);
  }

  /** Indexes of children that have not ended. */
  open(): readonly number[] {
    const found: number[] = [];
    for (const [index, rank] of this.#ranks.entries()) if (rank < ranks.over) found.push(index);
    return found;
  }

  /**
   * Children to ask about next: none when nothing can have changed.
   *
   * @param most how many
   * @param asked those that were asked about in this round
   */
  questions(most: number, asked: ReadonlySet<number>): readonly number[] {
    if (this.size === 1) return [];
    const lacking = this.#lacking();
    if (lacking === undefined) return [];
    // Who ends has mostly been seen to run; who starts is mostly the next in the row.
    const order =
      lacking === 'over'
        ? [ranks.running, ranks.starting, ranks.waiting]
        : lacking === 'running'
          ? [ranks.starting, ranks.waiting]
          : [ranks.waiting];
    const found: number[] = [];
    for (const wanted of order) {
      for (let index = 0; index < this.size && found.length < most; index += 1)
        if (this.#ranks[index] === wanted && !asked.has(index)) found.push(index);
    }
    return found;
  }

  #stateOf(index: number): JobStatus['state'] {
    return (
      this.#statuses.get(index)?.state ?? (this.#waiting().status === 'SUBMITTED' ? 'submitted' : 'queued')
    );
  }

  /** The furthest state that more children have reached than are known to have. */
  #lacking(): keyof Reached | undefined {
    const over = this.#counts[ranks.over];
    const running = over + this.#counts[ranks.running];
    const starting = running + this.#counts[ranks.starting];
    if (isOverStatus(this.#parent.status) && over < this.size) return 'over';
    if (this.#summary.over > over) return 'over';
    if (this.#summary.running > running) return 'running';
    return this.#summary.starting > starting ? 'starting' : undefined;
  }

  /** What is said of children that nothing was heard of: they wait as their parent does. */
  #waiting(): Pick<DescribedJob, 'status' | 'statusReason'> {
    const { status, statusReason } = this.#parent;
    if (this.size === 1 || status === 'SUBMITTED') return { status: 'SUBMITTED' };
    // A parent is PENDING for as long as its children are on their way.
    return { status: 'RUNNABLE', ...(statusReason === undefined ? {} : { statusReason }) };
  }
}

/** That a job is submitted is known to whoever submitted it. */
const toldOrder: readonly JobStatus['state'][] = [
  'submitted',
  'queued',
  'starting',
  'running',
  'succeeded',
  'failed',
];

const isOverStatus = (status: string | undefined): boolean => status === 'SUCCEEDED' || status === 'FAILED';

/** Whether a status is a last one. */
export const isOver = ({ state }: JobStatus): boolean => state === 'succeeded' || state === 'failed';

function rankOf(status: JobStatus): number {
  if (isOver(status)) return ranks.over;
  const { state } = status;
  if (state === 'running') return ranks.running;
  return state === 'starting' ? ranks.starting : ranks.waiting;
}

function reachedOf(summary: Readonly<Record<string, number>>): Reached {
  const over = (summary['SUCCEEDED'] ?? 0) + (summary['FAILED'] ?? 0);
  const running = over + (summary['RUNNING'] ?? 0);
  return { over, running, starting: running + (summary['STARTING'] ?? 0) };
}
