/** Jobs that Batch has shown before and leaves out of its answers. Pure, but for the clock that it is given. */
import type { Timing } from './call-budget.ts';
import type { JobBook } from './job-book.ts';

/**
 * Looks in a row in which Batch does not know a job that it has shown before, and how long it takes at least, in milliseconds, until that is
 * lost: looks may be a second apart, and an answer that leaves a job out now and then must not end one that runs.
 */
const lostAfter = { looks: 3, ms: 60_000 };

interface Absence {
  readonly since: number;
  looks: number;
}

/** See the file's header. */
export class Absences {
  readonly #timing: Pick<Timing, 'now'>;
  readonly #absences = new Map<string, Absence>();

  constructor(timing: Pick<Timing, 'now'>) {
    this.#timing = timing;
  }

  /** An answer has left a job out; whether it has been gone for so long now that it is lost. */
  missed(id: string): boolean {
    const now = this.#timing.now();
    const absence = this.#absences.get(id) ?? { since: now, looks: 0 };
    absence.looks += 1;
    this.#absences.set(id, absence);
    return absence.looks >= lostAfter.looks && now - absence.since >= lostAfter.ms;
  }

  /** An answer has told of a job. */
  over(id: string): void {
    this.#absences.delete(id);
  }

  /** Nobody asks for a job or its children any more. */
  forget(book: JobBook): void {
    if (this.#absences.size === 0) return;
    this.over(book.id);
    for (let index = 0; index < book.size; index += 1) this.over(book.idOf(index));
  }
}
