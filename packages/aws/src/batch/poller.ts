/**
 * One poller for all jobs of a run: 100 ids a call, parents before children, and rounds that keep their distance, the more so the more
 * calls they take. It holds the engine's poll until there is news.
 */
import type { JobId, JobStatus, PollOptions } from 'leat/compute';
import { Absences } from './absences.ts';
import type { JobDetail } from './api.ts';
import { realTiming, type Timing } from './call-budget.ts';
import { callsAtOnce, type DescribeFacts, describeJobs, idsPerCall } from './describe-jobs.ts';
import { EndedBooks } from './ended-books.ts';
import { isOver, JobBook } from './job-book.ts';
import { statusOf } from './job-status.ts';
import { type Asked, parseAll, questionsOf } from './questions.ts';

/** Calls of one round, at most: what is left is for the next one. */
const callsPerRound = 100;

/** On average a poller sends no more than a call in so many milliseconds. */
const msPerCall = 100;

/** Distance between rounds, in milliseconds: from the first after news to the longest. */
export interface Pace {
  readonly first: number;
  readonly longest: number;
}

const usualPace: Pace = { first: 1000, longest: 10_000 };

/** Batch may not show for a while what it has just taken. In milliseconds. */
const unseenMs = 300_000;

/** A child that has ended, as Batch tells it. */
export interface EndedJob {
  readonly job: JobId;
  readonly token: string | undefined;
  readonly status: JobStatus;
  /** Of a child that was never made that of its parent. `undefined`: Batch does not know it any more. */
  readonly detail: Partial<JobDetail> | undefined;
}

/** What a poller needs. */
export interface PollerFacts extends DescribeFacts {
  /** Learns from elsewhere how a child ended, before the engine is told; returns what it is to be told. */
  readonly settle: (end: EndedJob) => Promise<JobStatus>;
  /** A job that has ended long ago is forgotten. */
  readonly forgotten?: (book: JobBook) => void;
  readonly ended?: EndedBooks;
  readonly timing?: Timing;
  readonly pace?: Pace;
}

interface Entry {
  readonly book: JobBook;
  /** By the steady clock; `undefined`: it was found, or seen since, so it is there. */
  submittedAt: number | undefined;
  lost: boolean;
}

/** See the file's header. */
export class Poller {
  readonly #facts: PollerFacts;
  readonly #timing: Timing;
  readonly #pace: Pace;
  readonly #entries = new Map<string, Entry>();
  readonly #ended: EndedBooks;
  readonly #absences: Absences;
  #nextRound = 0;
  /** When the last round began. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #distance: number;
  /** A round is under way: polls that come meanwhile wait for it. */
  #round: Promise<boolean> | undefined;

  constructor(facts: PollerFacts) {
    this.#facts = facts;
    this.#timing = facts.timing ?? realTiming;
    this.#pace = facts.pace ?? usualPace;
    this.#distance = this.#pace.first;
    this.#ended = facts.ended ?? new EndedBooks();
    this.#absences = new Absences(this.#timing);
  }

  /** Takes up a job that was just submitted, or (`found`) one that Batch is known to have. */
  track(book: JobBook, found = false): void {
    if (this.#entries.has(book.id)) return;
    this.#entries.set(book.id, {
      book,
      submittedAt: found ? undefined : this.#timing.now(),
      lost: false,
    });
    this.hurry();
  }

  /** What is known of the job of an id; `undefined`: nothing. */
  book(id: string): JobBook | undefined {
    return this.#entries.get(id)?.book;
  }

  /** Something is about to change: the next round comes soon. */
  hurry(): void {
    this.#distance = this.#pace.first;
    this.#nextRound = Math.min(this.#nextRound, this.#timing.now() + this.#pace.first);
  }

  /** As the contract of a layer says. */
  async poll(
    jobs: readonly JobId[],
    { waitMs, signal }: PollOptions,
  ): Promise<ReadonlyMap<JobId, JobStatus>> {
    const deadline = this.#timing.now() + waitMs;
    const asked = parseAll(jobs);
    const strangers = [...asked.keys()].filter((id) => !this.#entries.has(id));
    if (strangers.length > 0) await this.#meet(strangers, signal);
    while (!this.#hasNews(asked) && !signal.aborted) {
      const now = this.#timing.now();
      if (now >= deadline) break;
      if (now < this.#nextRound) {
        await this.#timing.wait(Math.min(this.#nextRound, deadline) - now, signal);
        continue;
      }
      await this.#runRound(asked, signal);
    }
    return this.#tell(asked);
  }

  /** Whether nothing more will come of a child: it has ended, or Batch has lost sight of it. */
  isOver(id: string, index: number): boolean {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.lost || entry.book.isOver(index);
  }

  /** Whether Batch does not know a job any more that it has shown before. */
  isLost(id: string): boolean {
    return this.#entries.get(id)?.lost === true;
  }

  /** Asks about a job now and then when nobody polls, until it is over: for whoever reads its output to the end. */
  async watch(id: string, index: number, signal: AbortSignal): Promise<void> {
    const only: Asked = new Map([[id, new Map()]]);
    while (!signal.aborted && !this.isOver(id, index)) {
      const quiet = this.#timing.now() - this.#askedAt;
      if (quiet < this.#pace.longest) await this.#timing.wait(this.#pace.longest - quiet, signal);
      // A busy API is asked again after the next wait.
      else await this.#runRound(only, signal).catch(() => undefined);
    }
  }

  /** Looks at jobs that nobody here has submitted. */
  async #meet(ids: readonly string[], signal: AbortSignal): Promise<void> {
    for (const detail of await describeJobs(this.#facts, ids, signal)) {
      const id = detail.jobId;
      if (id === undefined || this.#entries.has(id)) continue;
      const book = new JobBook(id, detail.arrayProperties?.size ?? 1);
      this.track(book, true);
      await this.#hear(book, detail);
    }
  }

  #hasNews(asked: Asked): boolean {
    for (const [id, indexes] of asked) {
      const entry = this.#entries.get(id);
      if (entry === undefined || entry.lost) return true;
      for (const index of indexes.keys())
        if (index >= entry.book.size || entry.book.hasNews(index)) return true;
    }
    return asked.size === 0;
  }

  #tell(asked: Asked): ReadonlyMap<JobId, JobStatus> {
    const answer = new Map<JobId, JobStatus>();
    for (const [id, indexes] of asked) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      const { book, lost } = entry;
      if (lost || book.over) this.#retire(book);
      if (lost) continue;
      for (const [index, job] of indexes) if (index < book.size) answer.set(job, book.tell(index));
    }
    return answer;
  }

  /** Nothing more will come of it: the engine is being told the last. */
  #retire(book: JobBook): void {
    for (const old of this.#ended.add(book)) {
      this.#entries.delete(old.id);
      this.#absences.forget(old);
      this.#facts.forgotten?.(old);
    }
  }

  async #runRound(asked: Asked, signal: AbortSignal): Promise<void> {
    this.#round ??= this.#ask([...asked.keys()], signal).finally(() => {
      this.#round = undefined;
    });
    const changed = await this.#round;
    if (changed) this.#distance = this.#pace.first;
    else this.#distance = Math.min(this.#pace.longest, this.#distance * 1.5);
  }

  /** One round; whether anything changed. */
  async #ask(ids: readonly string[], signal: AbortSignal): Promise<boolean> {
    const startedAt = this.#timing.now();
    this.#askedAt = startedAt;
    let calls = 0;
    try {
      const open = ids
        .flatMap((id) => this.#entries.get(id) ?? [])
        .filter(({ book, lost }) => !lost && !book.over);
      calls += Math.ceil(open.length / idsPerCall);
      const before = open.map(({ book }) => book.mark());
      await this.#askParents(open, signal);
      const books = open.filter(({ lost }) => !lost).map(({ book }) => book);
      calls += await this.#askChildren(books, signal);
      return open.some(({ book, lost }, at) => lost || book.mark() !== before[at]);
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    } finally {
      const earliest = startedAt + Math.max(this.#distance, calls * msPerCall);
      this.#nextRound = Math.max(this.#timing.now(), earliest);
    }
  }

  async #askParents(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    const details = await describeJobs(
      this.#facts,
      entries.map(({ book }) => book.id),
      signal,
    );
    const byId = new Map(details.map((detail) => [detail.jobId, detail]));
    for (const entry of entries) {
      const detail = byId.get(entry.book.id);
      if (detail === undefined) this.#miss(entry);
      else {
        this.#absences.over(entry.book.id);
        entry.submittedAt = undefined;
        await this.#hear(entry.book, detail);
      }
    }
  }

  #miss(entry: Entry): void {
    const { book, submittedAt } = entry;
    if (submittedAt !== undefined && this.#timing.now() - submittedAt < unseenMs) return;
    entry.lost = this.#absences.missed(book.id);
  }

  /** Asks until all that the parents count is known, and each child at most once; how many calls that took. */
  async #askChildren(books: readonly JobBook[], signal: AbortSignal): Promise<number> {
    const asked = new Map(books.map((book) => [book, new Set<number>()] as const));
    for (let calls = 0; ;) {
      const questions = questionsOf(asked, callsAtOnce * idsPerCall);
      if (questions.length === 0 || calls >= callsPerRound || signal.aborted) return calls;
      calls += Math.ceil(questions.length / idsPerCall);
      const details = await describeJobs(
        this.#facts,
        questions.map(({ book, index }) => book.idOf(index)),
        signal,
      );
      const byId = new Map(details.map((detail) => [detail.jobId, detail]));
      await Promise.all(
        questions.map(async ({ book, index }) => {
          await this.#advance(book, index, byId.get(book.idOf(index)));
        }),
      );
    }
  }

  async #hear(book: JobBook, detail: JobDetail): Promise<void> {
    book.take(detail);
    if (book.size === 1) await this.#advance(book, 0, detail);
  }

  /** How a child ended is known in full before anybody is told that it did. */
  async #advance(book: JobBook, index: number, answer: JobDetail | undefined): Promise<void> {
    const job = book.idOf(index);
    const detail = answer ?? book.standIn();
    // A child that is left out of one answer is asked about in the next round.
    if (detail === undefined && !this.#absences.missed(job)) return;
    this.#absences.over(job);
    const status = detail === undefined ? lostStatus() : statusOf(detail);
    const ends = isOver(status) && !book.isOver(index);
    const token = book.tokens[index];
    book.advance(index, ends ? await this.#facts.settle({ job, token, status, detail }) : status);
  }
}

/** What is told of a child that Batch does not know any more, while it still knows its array. */
const lostStatus = (): JobStatus => ({
  state: 'failed',
  reason: 'lost',
  message: 'Batch does not know it any more',
  endedAt: Date.now(),
});
