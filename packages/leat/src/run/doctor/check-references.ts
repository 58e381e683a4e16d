import { hashParts } from '../../datastore/codec/encoding.ts';
import type { ArtifactRef, AttemptManifest } from '../../datastore/manifest.ts';
import { artifactKeys, itemKeys } from '../../datastore/referenced-keys.ts';
import { isLeatError } from '../../errors/index.ts';
import type { Fault } from './contents.ts';
import type { Examination } from './examination.ts';

/** Something that a manifest refers to and that cannot be had. */
export interface BrokenReference {
  /** `the artifact 'model'`, `the items of its foreach` */
  readonly what: string;
  /** Of the object that is broken. */
  readonly key: string;
  readonly fault: Omit<Fault, 'kind'> & { readonly kind: Fault['kind'] | 'manifest-damaged' };
}

/** Everything that a manifest refers to and that is gone or damaged. */
export async function* brokenReferences(
  examination: Examination,
  manifestKey: string,
  manifest: AttemptManifest,
): AsyncGenerator<BrokenReference> {
  if (manifest.status !== 'succeeded') return;
  for (const [name, ref] of Object.entries(manifest.artifacts))
    yield* ofArtifact(examination, manifestKey, [`the artifact '${name}'`, ref]);
  if (manifest.outcome.kind !== 'foreach') return;
  const { items } = manifest.outcome;
  if (items.index === undefined) return;
  const what = 'the items of its foreach';
  const fault = await examination.contents.faultOf(items.index);
  if (fault !== undefined) {
    yield { what, key: items.index, fault };
    return;
  }
  yield* ofContents(examination, what, await blocksOf(examination, items));
}

async function* ofArtifact(
  examination: Examination,
  manifestKey: string,
  [what, ref]: readonly [what: string, ref: ArtifactRef],
): AsyncGenerator<BrokenReference> {
  yield* ofContents(examination, what, artifactKeys(ref));
  if (ref.stored === 'inline' && !examination.quick && !isInlineWhole(ref)) {
    const reason = 'its content has another hash than was written';
    yield { what, key: manifestKey, fault: { kind: 'manifest-damaged', reason } };
  }
  if (ref.stored !== 'manifest') return;
  const reason = await examination.manifests.whyNot(ref.manifest, ref.name);
  if (reason !== undefined) yield { what, key: ref.manifest, fault: { kind: 'content-missing', reason } };
}

const isInlineWhole = ({ data, hash }: ArtifactRef & { readonly stored: 'inline' }): boolean =>
  hashParts([Buffer.from(data, 'base64')]) === hash;

async function* ofContents(
  { contents }: Examination,
  what: string,
  keys: readonly string[],
): AsyncGenerator<BrokenReference> {
  for (const key of keys) {
    const fault = await contents.faultOf(key);
    if (fault !== undefined) yield { what, key, fault };
  }
}

/** An index that is whole but does not fit its manifest is told of by the hash of the index, or by whoever reads it. */
async function blocksOf(
  { datastore }: Examination,
  items: Parameters<typeof itemKeys>[1],
): Promise<readonly string[]> {
  try {
    return await itemKeys(datastore, items);
  } catch (error) {
    if (isLeatError(error)) return [];
    throw error;
  }
}
