import { corrupt } from './blob-format.ts';
import { loadBlob, loadBlobSync } from './blob-store.ts';
import { decodeValue, type StoredEncoding } from './codec/decode-value.ts';
import type { Datastore } from './datastore.ts';
import { StoredFile } from './files/stored-file.ts';

/** Parameter values by name. */
export type ParameterValues = Readonly<Record<string, unknown>>;

/** A key that begins so holds the values itself, as JSON (`save-parameters.ts`). */
export const inKeyHead = 'json:';

/** The inverse of `saveParameters`. Throws `STORE_CORRUPT` when they are gone or damaged. */
export function loadParameters(store: Datastore, key: string): ParameterValues {
  if (key.startsWith(inKeyHead)) return parametersOf(key);
  return parametersIn(store, key, loadBlobSync(store, hashOf(key), 0));
}

/** {@link loadParameters}, without holding up the event loop where reading takes long. */
export async function loadParametersAsync(store: Datastore, key: string): Promise<ParameterValues> {
  if (key.startsWith(inKeyHead)) return parametersOf(key);
  if (store.localPath(key) !== undefined) return loadParameters(store, key);
  return parametersIn(store, key, await loadBlob(store, hashOf(key), 0));
}

const parametersOf = (key: string): ParameterValues =>
  JSON.parse(key.slice(inKeyHead.length)) as ParameterValues;

const hashOf = (key: string): string => key.replace(/^blobs\//, '').replace('/', '');

function parametersIn(store: Datastore, key: string, encoding: StoredEncoding): ParameterValues {
  const values = decodeValue(key, encoding, (facts) => new StoredFile(store, facts));
  if (typeof values === 'object' && values !== null) return values as ParameterValues;
  throw corrupt(key, 'it holds no parameters');
}
