import type { Datastore } from '../../datastore/datastore.ts';
import { fileKey } from '../../datastore/files/file-key.ts';
import { settledFile } from '../../datastore/files/file-value.ts';
import { surveyValue } from '../../datastore/codec/survey-value.ts';
import { isPack, runPrefix } from '../../datastore/keys.ts';
import type { AttemptManifest } from '../../datastore/manifest.ts';
import { manifestObject } from '../../datastore/packs/packed-key.ts';
import { readPack } from '../../datastore/packs/read-pack.ts';
import { readManifest } from '../../datastore/read-manifest.ts';
import { itemKeys, referencedKeys } from '../../datastore/referenced-keys.ts';
import { loadParametersAsync } from '../../datastore/run-parameters.ts';
import { LiveKeys } from '../../datastore/sweep-blobs.ts';
import type { MetadataStore, RunRecord } from '../../metadata/metadata-store.ts';

/** Tasks read at a time. */
const pageSize = 1_000;

/** What must stay. */
export class LiveSet {
  readonly blobs: LiveKeys = new LiveKeys();
  /** Hashes of code packages. */
  readonly packages: Set<string> = new Set();
  /** Folders of runs that stay whole. */
  readonly #folders = new Set<string>();
  /** Objects of other runs with manifests that something still refers to; a pack stays whole. */
  readonly #manifests = new Set<string>();
  /** Folders of steps with packs that stay. */
  readonly #packFolders = new Set<string>();

  addFolder(folder: string): void {
    this.#folders.add(folder);
  }

  /** Whether an object of a run's folder stays: a manifest that is referred to keeps its log, a pack those of its step. */
  hasRunObject(key: string): boolean {
    if (this.inFolder(key) || this.#manifests.has(key)) return true;
    if (!key.endsWith('.log')) return false;
    return this.#manifests.has(key.replace(/\.log$/, '.json')) || this.#packFolders.has(stepFolderOf(key));
  }

  inFolder(key: string): boolean {
    return this.#folders.has(folderOf(key));
  }

  /** Notes an object with manifests, in a folder that does not stay; `false` when it is known. */
  addManifest(key: string): boolean {
    if (this.#manifests.has(key)) return false;
    this.#manifests.add(key);
    if (isPack(key)) this.#packFolders.add(stepFolderOf(key));
    return true;
  }
}

/** `runs/TrainFlow/417/train/3@0.json` → `runs/TrainFlow/417/train/`. */
const stepFolderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);

/** `runs/TrainFlow/417/train/3@0.json` → `runs/TrainFlow/417/`. */
function folderOf(key: string): string {
  return `${key.split('/', 3).join('/')}/`;
}

/** Marks all that a run refers to. Its folder must have been added before, and so those of all other runs that stay. */
export async function markRun(
  live: LiveSet,
  metadata: MetadataStore,
  datastore: Datastore,
  run: RunRecord,
): Promise<void> {
  live.packages.add(run.package);
  live.blobs.add(run.parametersKey);
  const parameters = await loadParametersAsync(datastore, run.parametersKey);
  for (const file of surveyValue('parameters', parameters).files) {
    const facts = settledFile(file);
    if (facts !== undefined) live.blobs.add(fileKey(facts.hash));
  }
  await markFolder(live, datastore, runPrefix(run.flow, run.id));
  for await (const manifest of reusedManifests(metadata, run)) await markManifest(live, datastore, manifest);
}

/** Marks all that the manifests in a run's folder refer to. */
export async function markFolder(live: LiveSet, datastore: Datastore, folder: string): Promise<void> {
  for await (const { key } of datastore.list(folder))
    if (key.endsWith('.json') || isPack(key)) await markReferences(live, datastore, key);
}

/** Manifests of other runs whose results this one took over. */
async function* reusedManifests(
  metadata: MetadataStore,
  { flow, id, originRun: origin }: RunRecord,
): AsyncGenerator<string> {
  if (origin === undefined) return;
  for (let after: string | undefined; ;) {
    const page = await metadata.tasks(flow, id, {
      status: 'succeeded',
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const { manifest, originRun } of page)
      if (originRun !== undefined && manifest !== undefined) yield manifest;
    after = page.at(-1)?.task;
    if (page.length < pageSize) return;
  }
}

/**
 * A manifest that stays although its run goes; those of runs that stay are marked with their folder. Of a pack all is marked:
 * it stays whole, and a million manifests of ten thousand packs are ten thousand reads.
 */
async function markManifest(live: LiveSet, datastore: Datastore, key: string): Promise<void> {
  const object = manifestObject(key);
  if (!live.inFolder(object) && live.addManifest(object)) await markReferences(live, datastore, object);
}

/** Marks what the manifests in an object refer to. */
async function markReferences(live: LiveSet, datastore: Datastore, object: string): Promise<void> {
  if (isPack(object)) {
    for await (const { manifest } of readPack(datastore, object)) await markOne(live, datastore, manifest);
    return;
  }
  const manifest = await readManifest(datastore, object);
  if (manifest !== undefined) await markOne(live, datastore, manifest);
}

async function markOne(live: LiveSet, datastore: Datastore, manifest: AttemptManifest): Promise<void> {
  const { blobs, items, manifests } = referencedKeys(manifest);
  for (const blob of blobs) live.blobs.add(blob);
  if (items !== undefined) for (const item of await itemKeys(datastore, items)) live.blobs.add(item);
  for (const other of manifests) await markManifest(live, datastore, other);
}
