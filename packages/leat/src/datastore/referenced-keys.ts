import type { Datastore } from './datastore.ts';
import { fileKey } from './files/file-key.ts';
import { readItemIndex } from './items/item-index.ts';
import { blobKey } from './keys.ts';
import type { ArtifactRef, AttemptManifest, StoredItems } from './manifest.ts';

/** What a manifest keeps alive. */
export interface ReferencedKeys {
  /** Blobs and files, and the index of foreach items. */
  readonly blobs: readonly string[];
  /** The items of its foreach, whose blocks {@link itemKeys} lists. */
  readonly items?: StoredItems;
  /** Other manifests that hold artifacts of this one. */
  readonly manifests: readonly string[];
}

/** The keys that a manifest refers to. */
export function referencedKeys(manifest: AttemptManifest): ReferencedKeys {
  if (manifest.status !== 'succeeded') return { blobs: [], manifests: [] };
  const refs = Object.values(manifest.artifacts);
  const blobs = refs.flatMap(artifactKeys);
  const manifests = new Set(refs.flatMap((ref) => (ref.stored === 'manifest' ? [ref.manifest] : [])));
  const items = manifest.outcome.kind === 'foreach' ? manifest.outcome.items : undefined;
  if (items?.index !== undefined) blobs.push(items.index);
  return { blobs, manifests: [...manifests], ...(items === undefined ? {} : { items }) };
}

/** The blob and files of one artifact, such as the parameters of a run. */
export function artifactKeys(ref: ArtifactRef): readonly string[] {
  const files = (ref.files ?? []).map(fileKey);
  return ref.stored === 'blob' ? [blobKey(ref.hash), ...files] : files;
}

/** The blocks of the items of a foreach, and the files that the items refer to. */
export async function itemKeys(store: Datastore, items: StoredItems): Promise<readonly string[]> {
  const index = await readItemIndex(store, items);
  return index.flatMap(({ key, files = [] }) => [key, ...files.map(fileKey)]);
}
