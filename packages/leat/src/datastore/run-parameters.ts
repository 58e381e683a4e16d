import { blobParts, corrupt } from './blob-format.ts';
import { loadBlob, loadBlobSync, saveBlobSync, saveContent } from './blob-store.ts';
import { decodeValue, type StoredEncoding } from './codec/decode-value.ts';
import { encodeValue } from './codec/encode-value.ts';
import { hashParts } from './codec/encoding.ts';
import type { Datastore } from './datastore.ts';
import { StoredFile } from './files/stored-file.ts';
import { blobKey } from './keys.ts';

/** Parameter values by name. */
export type ParameterValues = Readonly<Record<string, unknown>>;

/**
 * Stores the parameters of a run as one value; returns the key that its tasks find them under (`TaskSpec.parameters`).
 * Equal parameters have equal keys.
 *
 * @throws LeatError ARTIFACT_UNSUPPORTED for a value that is no data
 */
export function saveParameters(store: Datastore, values: ParameterValues): string {
  const encoding = encodeValue('parameters', { ...values });
  const hash = hashParts([encoding.head, encoding.body]);
  saveBlobSync(store, hash, encoding);
  return blobKey(hash);
}

/** {@link saveParameters}, without holding up the event loop where writing takes long. */
export async function saveParametersAsync(store: Datastore, values: ParameterValues): Promise<string> {
  const { head, body } = encodeValue('parameters', { ...values });
  const key = blobKey(hashParts([head, body]));
  if (store.localPath(key) !== undefined) return saveParameters(store, values);
  await saveContent(store, key, blobParts(head, body));
  return key;
}

/** The inverse of {@link saveParameters}. Throws `STORE_CORRUPT` when they are gone or damaged. */
export function loadParameters(store: Datastore, key: string): ParameterValues {
  return parametersIn(store, key, loadBlobSync(store, hashOf(key), 0));
}

/** {@link loadParameters}, without holding up the event loop where reading takes long. */
export async function loadParametersAsync(store: Datastore, key: string): Promise<ParameterValues> {
  if (store.localPath(key) !== undefined) return loadParameters(store, key);
  return parametersIn(store, key, await loadBlob(store, hashOf(key), 0));
}

const hashOf = (key: string): string => key.replace(/^blobs\//, '').replace('/', '');

function parametersIn(store: Datastore, key: string, encoding: StoredEncoding): ParameterValues {
  const values = decodeValue(key, encoding, (facts) => new StoredFile(store, facts));
  if (typeof values === 'object' && values !== null) return values as ParameterValues;
  throw corrupt(key, 'it holds no parameters');
}
