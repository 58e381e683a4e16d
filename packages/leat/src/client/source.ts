/** Where a client reads: the metadata, opened on first need and never created, and the datastores of the runs. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ArtifactStore } from '../datastore/artifact-store.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import { withoutPassword } from '../errors/without-password.ts';
import type { Home } from '../home/home.ts';
import { enterProfile } from '../home/profile-defaults.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import { metadataExists, openMetadata } from '../metadata/open-metadata.ts';

/** Datastores and artifact readers that are shared by all that one client hands out. */
export class Source {
  readonly #home: Home;
  #metadata: Promise<MetadataStore> | undefined;
  readonly #datastores = new Map<string, Promise<Datastore>>();
  readonly #artifacts = new WeakMap<Datastore, ArtifactStore>();

  constructor(home: Home) {
    this.#home = home;
    enterProfile(home.profile);
  }

  /** Where it reads, for people. */
  get place(): string {
    return this.#home.shared ? withoutPassword(this.#home.metadata) : this.#home.folder;
  }

  /** The metadata, or `undefined` as long as nothing has run here. */
  async metadata(): Promise<MetadataStore | undefined> {
    if (this.#metadata === undefined && !metadataExists(this.#home.metadata)) return undefined;
    this.#metadata ??= openMetadata(this.#home.metadata);
    try {
      return await this.#metadata;
    } catch (error) {
      // What could not be opened may be opened later.
      this.#metadata = undefined;
      throw error;
    }
  }

  /** The metadata, when a run was read from it already. */
  async known(): Promise<MetadataStore> {
    return (await this.metadata()) ?? openMetadata(this.#home.metadata);
  }

  /** The datastore that a run wrote to. */
  datastore(run: RunRecord): Promise<Datastore> {
    const url = this.#present(run.datastore);
    const opened = this.#datastores.get(url) ?? openDatastore(url);
    this.#datastores.set(url, opened);
    return opened;
  }

  /** The reader of a run's artifacts. */
  async artifacts(run: RunRecord): Promise<ArtifactStore> {
    const datastore = await this.datastore(run);
    const reader = this.#artifacts.get(datastore) ?? new ArtifactStore(datastore);
    this.#artifacts.set(datastore, reader);
    return reader;
  }

  async close(): Promise<void> {
    const opened = [this.#metadata, ...this.#datastores.values()];
    this.#metadata = undefined;
    this.#datastores.clear();
    for (const one of opened) await (await one)?.close();
  }

  /** A project that was moved took its store along: then it is beside the metadata, not where the run saw it. */
  #present(url: string): string {
    if (!url.startsWith('file:') || existsSync(fileURLToPath(url))) return url;
    const { shared, datastore } = this.#home;
    return !shared && existsSync(fileURLToPath(datastore)) ? datastore : url;
  }
}
