import { noKey, requireKey } from 'leat/datastore';
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
  requireKey(key);
  const name = prefix + key;
  const problem = problemOf(key, name);
  if (problem !== undefined) throw noKey(key, problem);
  return name;
}

/** What S3 and this driver refuse beyond what every datastore does. */
function problemOf(key: string, name: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- XML, in which S3 lists keys, cannot hold them
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'it holds a control character';
  if (key.startsWith(ownPrefix)) return 'that place is kept for the driver itself';
  if (Buffer.byteLength(name) > longestKey) return `with its prefix it is longer than ${longestKey} bytes`;
  return undefined;
}
