import { corrupt } from './blob-format.ts';
import { loadBlobSync, saveBlobSync } from './blob-store.ts';
import { decodeValue } from './codec/decode-value.ts';
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

/** The inverse of {@link saveParameters}. Throws `STORE_CORRUPT` when they are gone or damaged. */
export function loadParameters(store: Datastore, key: string): ParameterValues {
  const hash = key.replace(/^blobs\//, '').replace('/', '');
  const values = decodeValue(key, loadBlobSync(store, hash, 0), (facts) => new StoredFile(store, facts));
  if (typeof values === 'object' && values !== null) return values as ParameterValues;
  throw corrupt(key, 'it holds no parameters');
}
