import { LeatError } from '../errors/index.ts';

/**
 * Makes sure that a key is one: `a/b/c`, no empty, `.` or `..` segment, no NUL, no backslash, so that it can never name a
 * place outside a store.
 *
 * @throws LeatError STORE_UNAVAILABLE
 * @example requireKey('runs/TrainFlow/417/train/3@0.json');
 */
export function requireKey(key: string): void {
  const problem = problemOf(key);
  if (problem !== undefined) throw noKey(key, problem);
}

/** What is said of a key that is none: `throw noKey(key, 'it holds a control character')`. */
export function noKey(key: string, problem: string): LeatError {
  return new LeatError('STORE_UNAVAILABLE', `${JSON.stringify(key)} is no key of a datastore: ${problem}`, {
    hint: 'A key is names with / between them, such as runs/TrainFlow/417/train/3@0.json.',
    details: { key },
  });
}

function problemOf(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (key.includes('\0')) return 'it holds a NUL character';
  if (key.includes('\\')) return 'it holds a backslash';
  if (key.startsWith('/') || /^[A-Za-z]:/.test(key)) return 'it is an absolute path';
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has the segment ${JSON.stringify(segment)}`;
  }
  return undefined;
}
