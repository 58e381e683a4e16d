import { corrupt } from './blob-format.ts';
import { loadBlob, loadBlobSync } from './blob-store.ts';
import { decodeValue, type StoredEncoding } from './codec/decode-value.ts';
import type { Datastore } from './datastore.ts';
import { StoredFile } from './files/stored-file.ts';

/** Parameter values by name. */
export type ParameterValues = Readonly<Record<string, unknown>>;

/** A key that begins so holds the values itself, as JSON (`save-parameters.ts`). */
export const inKeyHead = 'json:';

/** The object of the datastore that the parameters of a run are in; `undefined` when their key holds them itself. */
export const parametersObject = (key: string): string | undefined =>
  key.startsWith(inKeyHead) ? undefined : key;

/** The inverse of `saveParameters`. Throws `STORE_CORRUPT` when they are gone or damaged. */
export function loadParameters(store: Datastore, key: string): ParameterValues {
  if (parametersObject(key) === undefined) return parametersOf(key);
  return parametersIn(store, key, loadBlobSync(store, hashOf(key), 0));
}

/** {@link loadParameters}, without holding up the event loop where reading takes long. */
export async function loadParametersAsync(store: Datastore, key: string): Promise<ParameterValues> {
  if (parametersObject(key) === undefined) return parametersOf(key);
  if (store.localPath(key) !== undefined) return loadParameters(store, key);
  return parametersIn(store, key, await loadBlob(store, hashOf(key), 0));
}

function parametersOf(key: string): ParameterValues {
  let values: unknown;
  try {
    values = JSON.parse(key.slice(inKeyHead.length));
  } catch (error) {
    throw corrupt(key, 'it is no JSON', error);
  }
  return checkValues(key, values);
}

const hashOf = (key: string): string => key.replace(/^blobs\//, '').replace('/', '');

function parametersIn(store: Datastore, key: string, encoding: StoredEncoding): ParameterValues {
  return checkValues(
    key,
    decodeValue(key, encoding, (facts) => new StoredFile(store, facts)),
  );
}

function checkValues(key: string, values: unknown): ParameterValues {
  if (typeof values === 'object' && values !== null) return values as ParameterValues;
  throw corrupt(key, 'it holds no parameters');
}
