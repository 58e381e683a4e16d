import { LeatError } from 'leat/datastore';
import type { S3Location } from './s3-location.ts';

/** What the driver keeps for itself: never listed, and no keys of anybody else's. */
export const ownPrefix = '!leat/';

/** Where logs go that have outgrown one object (`log/`). */
export const logsPrefix: string = `${ownPrefix}logs/`;

/** In bytes, the prefix included; a limit of S3. */
const longestKey = 1024;

/**
 * The name that an object has in its bucket.
 *
 * @throws LeatError STORE_UNAVAILABLE for what is no key
 */
export function objectName({ prefix }: S3Location, key: string): string {
  const name = prefix + key;
  const problem =
    keyProblem(key) ??
    (Buffer.byteLength(name) > longestKey
      ? `with its prefix it is longer than ${longestKey} bytes`
      : undefined);
  if (problem === undefined) return name;
  throw new LeatError('STORE_UNAVAILABLE', `${JSON.stringify(key)} is no key of a datastore: ${problem}`, {
    hint: 'A key is names with / between them, such as runs/TrainFlow/417/train/3@0.json.',
    details: { key },
  });
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'it is empty';
  // oxlint-disable-next-line no-control-regex -- XML, in which S3 lists keys, cannot hold them
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'it holds a control character';
  if (key.includes('\\')) return 'it holds a backslash';
  if (key.startsWith('/')) return 'it is an absolute path';
  if (key.startsWith(ownPrefix)) return 'that place is kept for the driver itself';
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment === '.' || segment === '..') return `it has the segment ${JSON.stringify(segment)}`;
  }
  return undefined;
}
