import path from 'node:path';
import { LeatError } from '../../errors/index.ts';
import { isTemporaryName } from './temporary-name.ts';

/**
 * The path of the object with a key. A key is `a/b/c`: no empty, `.` or `..` segment, no NUL, no backslash, so that it
 * can never name a place outside the store's folder. Throws `STORE_UNAVAILABLE` for what is no key.
 */
export function objectPath(root: string, key: string): string {
  const problem = keyProblem(key);
  if (problem !== undefined) {
    throw new LeatError('STORE_UNAVAILABLE', `${JSON.stringify(key)} is no key of a datastore: ${problem}`, {
      hint: 'A key is names with / between them, such as runs/TrainFlow/417/train/3@0.json.',
      details: { key },
    });
  }
  return root + path.sep + (path.sep === '/' ? key : key.replaceAll('/', path.sep));
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (key.includes('\0')) return 'it holds a NUL character';
  if (key.includes('\\')) return 'it holds a backslash';
  if (key.startsWith('/') || /^[A-Za-z]:/.test(key)) return 'it is an absolute path';
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has the segment ${JSON.stringify(segment)}`;
    if (isTemporaryName(segment)) return 'that name is kept for objects that are being written';
  }
  return undefined;
}
