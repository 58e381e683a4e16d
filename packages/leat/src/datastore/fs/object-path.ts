import path from 'node:path';
import { noKey, requireKey } from '../object-key.ts';
import { isTemporaryName } from './temporary-name.ts';

/** The path of the object with a key. Throws `STORE_UNAVAILABLE` for what is no key, or no name for an object in a folder. */
export function objectPath(root: string, key: string): string {
  requireKey(key);
  if (key.split('/').some(isTemporaryName))
    throw noKey(key, 'that name is kept for objects that are being written');
  return root + path.sep + (path.sep === '/' ? key : key.replaceAll('/', path.sep));
}
