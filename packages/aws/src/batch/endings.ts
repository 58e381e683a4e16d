/** What Batch is to be told to end, when the engine wants jobs to end. */
import type { JobId } from 'leat/compute';
import type { JobBook } from './job-book.ts';
import { parseJobId } from './job-id.ts';

/** Where a job stands that this engine has handed over or found; empty for others. */
export interface Child {
  readonly book?: JobBook;
  readonly index?: number;
}

/**
 * Ids to end: an array as a whole when nothing else of it is left, else its children one by one; what has ended is left out. Marks the
 * children as cancelled in their books.
 */
export function endingsOf(jobs: readonly JobId[], childOf: (job: JobId) => Child): readonly string[] {
  const byBook = new Map<JobBook, Set<number>>();
  const strangers: string[] = [];
  for (const job of new Set(jobs)) {
    const { book, index } = childOf(job);
    if (book === undefined || index === undefined) {
      if (parseJobId(job) !== undefined) strangers.push(job);
    } else if (!book.isOver(index)) {
      book.markCancelled(index);
      byBook.set(book, (byBook.get(book) ?? new Set()).add(index));
    }
  }
  const known = [...byBook].flatMap(([book, indexes]) =>
    book.open().every((index) => indexes.has(index))
      ? book.id
      : [...indexes].map((index) => book.idOf(index)),
  );
  return [...strangers, ...known];
}
