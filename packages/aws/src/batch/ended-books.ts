/**
 * Books of jobs that have ended and were told. The newest are kept for a while, since somebody may still ask for their output or ask once
 * more; the oldest go, so that a run of millions of tasks takes no more memory than a short one. Pure.
 */
import type { JobBook } from './job-book.ts';

/** Attempts whose books are kept: five times what is under way at once, since who reads their output may be that far behind. */
const mostAttempts = 50_000;

/** See the file's header. */
export class EndedBooks {
  readonly #most: number;
  /** By id, the oldest first. */
  readonly #books = new Map<string, JobBook>();
  #attempts = 0;

  constructor(most: number = mostAttempts) {
    this.#most = most;
  }

  /** Adds a book, once however often; returns those that are to be forgotten for it, and never the book itself. */
  add(book: JobBook): readonly JobBook[] {
    if (this.#books.has(book.id)) return [];
    this.#books.set(book.id, book);
    this.#attempts += book.size;
    const gone: JobBook[] = [];
    for (const [id, oldest] of this.#books) {
      if (this.#attempts <= this.#most || oldest === book) break;
      this.#books.delete(id);
      this.#attempts -= oldest.size;
      gone.push(oldest);
    }
    return gone;
  }
}
