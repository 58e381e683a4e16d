import { corrupt } from './blob-format.ts';
import type { ByteRange, Datastore } from './datastore.ts';
import type { ArtifactRef, AttemptManifest } from './manifest.ts';
import { unsealManifest } from './manifest-seal.ts';
import { type PackedPlace, parsePackedKey } from './packs/packed-key.ts';
import type { ReadAhead } from './read-ahead.ts';

/**
 * The manifest of an attempt, or `undefined` when it has not committed. Throws `STORE_CORRUPT` when it is torn or no manifest.
 *
 * @param key of an object of its own, or a place in a pack (`packs/packed-key.ts`)
 * @param ahead for who reads many: neighbours in a pack are read together
 */
export function readManifestSync(
  store: Datastore,
  key: string,
  ahead?: ReadAhead,
): AttemptManifest | undefined {
  const place = parsePackedKey(key);
  if (place === undefined) return parseFound(key, store.getSync(key));
  return parseFound(
    key,
    ahead === undefined
      ? store.getSync(place.pack, rangeOf(place))
      : ahead.read({ ...place, key: place.pack }),
    place,
  );
}

/** {@link readManifestSync}, asynchronously where that pays: in a folder reading a small file takes less than asking for it. */
export async function readManifest(
  store: Datastore,
  key: string,
  ahead?: ReadAhead,
): Promise<AttemptManifest | undefined> {
  const place = parsePackedKey(key);
  if (store.localPath(place?.pack ?? key) !== undefined) return readManifestSync(store, key, ahead);
  if (place === undefined) return parseFound(key, await store.get(key));
  return parseFound(key, await store.get(place.pack, rangeOf(place)), place);
}

const rangeOf = ({ offset, length }: PackedPlace): ByteRange => ({ start: offset, end: offset + length });

function parseFound(
  key: string,
  bytes: Uint8Array | undefined,
  place?: PackedPlace,
): AttemptManifest | undefined {
  if (bytes === undefined) return undefined;
  if (place !== undefined && bytes.byteLength < place.length)
    throw corrupt(key, `the pack ends before: ${bytes.byteLength} of ${place.length} bytes are there`);
  return parseManifest(key, bytes);
}

/** The manifest in some bytes; throws `STORE_CORRUPT` naming `key`. */
export function parseManifest(key: string, bytes: Uint8Array): AttemptManifest {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const json = unsealManifest(text);
  if (json === undefined) throw corrupt(key, 'it is not the manifest that was written: its seal is broken');
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    throw corrupt(key, 'it is a torn manifest (no whole JSON object)', error);
  }
  return checkManifest(key, data);
}

function checkManifest(key: string, data: unknown): AttemptManifest {
  const manifest = record(key, data, 'it');
  if (manifest['version'] !== 1)
    throw corrupt(
      key,
      `its manifest has version ${String(manifest['version'])}, this version of Leat reads 1`,
    );
  need(key, manifest, {
    task: 'string',
    attempt: 'number',
    token: 'string',
    startedAt: 'number',
    endedAt: 'number',
  });
  if (manifest['status'] === 'failed') {
    need(key, record(key, manifest['failure'], 'its failure'), {
      reason: 'string',
      type: 'string',
      message: 'string',
    });
  } else if (manifest['status'] === 'succeeded') {
    checkOutcome(key, record(key, manifest['outcome'], 'its outcome'));
    const artifacts = record(key, manifest['artifacts'], 'its artifacts');
    for (const name of Object.keys(artifacts))
      checkRef(key, name, record(key, artifacts[name], `its artifact '${name}'`));
  } else throw corrupt(key, `its status is ${JSON.stringify(manifest['status'])}`);
  return data as AttemptManifest;
}

function checkOutcome(key: string, outcome: Readonly<Record<string, unknown>>): void {
  if (outcome['kind'] === 'switch') need(key, outcome, { choice: 'string' });
  else if (outcome['kind'] === 'foreach') {
    const items = record(key, outcome['items'], 'its items');
    need(key, items, { count: 'number' });
    if (items['count'] !== 0) need(key, items, { index: 'string' });
  } else if (outcome['kind'] !== 'end' && outcome['kind'] !== 'linear' && outcome['kind'] !== 'branch') {
    throw corrupt(key, `its outcome is ${JSON.stringify(outcome['kind'])}`);
  }
}

const refFields: Readonly<Record<ArtifactRef['stored'], Readonly<Record<string, 'string'>>>> = {
  inline: { data: 'string' },
  manifest: { manifest: 'string', name: 'string' },
  blob: {},
};

function checkRef(key: string, name: string, ref: Readonly<Record<string, unknown>>): void {
  need(key, ref, { hash: 'string', size: 'number', codec: 'string', type: 'string' });
  const stored = ref['stored'];
  if (stored !== 'inline' && stored !== 'manifest' && stored !== 'blob') {
    throw corrupt(key, `its artifact '${name}' is stored as ${JSON.stringify(stored)}`);
  }
  need(key, ref, refFields[stored]);
}

function record(key: string, value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw corrupt(key, `${what} is no object`);
  return value as Record<string, unknown>;
}

function need(
  key: string,
  value: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, 'string' | 'number'>>,
): void {
  for (const field in fields) {
    if (typeof value[field] !== fields[field])
      throw corrupt(key, `'${field}' is ${JSON.stringify(value[field])}, expected a ${fields[field]}`);
  }
}
