/** Which children a poll is about, and which of them to ask about next. Pure. */
import type { JobId } from 'leat/compute';
import type { JobBook } from './job-book.ts';
import { parseJobId } from './job-id.ts';

/** Children by the job that they belong to, with the names that the engine has for them. */
export type Asked = ReadonlyMap<string, ReadonlyMap<number, JobId>>;

/** The jobs that the engine asks for, by what they belong to; what is no id of ours is left out. */
export function parseAll(jobs: readonly JobId[]): Asked {
  const asked = new Map<string, Map<number, JobId>>();
  for (const job of jobs) {
    const parsed = parseJobId(job);
    if (parsed === undefined) continue;
    const indexes = asked.get(parsed.id);
    if (indexes === undefined) asked.set(parsed.id, new Map([[parsed.index, job]]));
    else indexes.set(parsed.index, job);
  }
  return asked;
}

/** A child to be asked about. */
export interface Question {
  readonly book: JobBook;
  readonly index: number;
}

/** The next children of all arrays together, so that calls are full. */
export function questionsOf(asked: ReadonlyMap<JobBook, Set<number>>, most: number): readonly Question[] {
  const questions: Question[] = [];
  for (const [book, known] of asked) {
    for (const index of book.questions(most - questions.length, known)) {
      known.add(index);
      questions.push({ book, index });
    }
    if (questions.length >= most) break;
  }
  return questions;
}
