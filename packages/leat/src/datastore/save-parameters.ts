import { isDeepStrictEqual } from 'node:util';
import { blobParts } from './blob-format.ts';
import { saveBlobSync, saveContent } from './blob-store.ts';
import { encodeValue } from './codec/encode-value.ts';
import { hashParts } from './codec/encoding.ts';
import type { Datastore } from './datastore.ts';
import { blobKey } from './keys.ts';
import { inKeyHead, type ParameterValues } from './run-parameters.ts';

/** Longest values that stand in the key itself, in bytes: each task is told the key. */
const longestInKey = 512;

/**
 * Stores the parameters of a run as one value; returns the key that its tasks find them under (`TaskSpec.parameters`). A few plain values
 * are their own key: a task then reads no object for them. Equal parameters have equal keys.
 *
 * @throws LeatError ARTIFACT_UNSUPPORTED for a value that is no data
 */
export function saveParameters(store: Datastore, values: ParameterValues): string {
  const key = keyOfPlain(values);
  if (key !== undefined) return key;
  const encoding = encodeValue('parameters', { ...values });
  const hash = hashParts([encoding.head, encoding.body]);
  saveBlobSync(store, hash, encoding);
  return blobKey(hash);
}

/** {@link saveParameters}, without holding up the event loop where writing takes long. */
export async function saveParametersAsync(store: Datastore, values: ParameterValues): Promise<string> {
  const plain = keyOfPlain(values);
  if (plain !== undefined) return plain;
  const { head, body } = encodeValue('parameters', { ...values });
  const key = blobKey(hashParts([head, body]));
  if (store.localPath(key) !== undefined) return saveParameters(store, values);
  await saveContent(store, key, blobParts(head, body));
  return key;
}

/** What JSON gives back equal to what it was, if it is short. (Two that are one object become two.) */
function keyOfPlain(values: ParameterValues): string | undefined {
  let json: string;
  try {
    json = JSON.stringify(values);
  } catch {
    return undefined; // a bigint, or a circle
  }
  if (Buffer.byteLength(json) > longestInKey) return undefined;
  return isDeepStrictEqual(JSON.parse(json), { ...values }) ? `${inKeyHead}${json}` : undefined;
}
