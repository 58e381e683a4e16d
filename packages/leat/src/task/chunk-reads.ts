import { ArtifactStore } from '../datastore/artifact-store.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { readItem } from '../datastore/items/read-item.ts';
import { ReadAhead } from '../datastore/read-ahead.ts';
import { loadParameters } from '../datastore/run-parameters.ts';
import type { Current } from '../flow/current.ts';
import type { ItemSource, TaskSpec } from '../plan/task-spec.ts';
import type { ArtifactRefs } from './flow-fields.ts';
import type { TaskReads } from './run-task.ts';
import { readSourceRefs } from './source-refs.ts';

/**
 * What the members of a chunk read, once for all of them where none can notice it: bytes and references are shared, values that
 * a step could change are not.
 */
export class ChunkReads implements TaskReads {
  readonly artifacts: ArtifactStore;
  readonly parameters: () => Current['parameters'];
  readonly sourceRefs: (spec: TaskSpec) => ArtifactRefs;
  readonly readItem: (source: ItemSource) => unknown;
  readonly #store: Datastore;
  #values: Current['parameters'] | undefined;
  /** Of the task before that was asked for last: most often it is the same for all. */
  #source: { readonly key: string; readonly refs: ArtifactRefs } | undefined;

  constructor(store: Datastore, parametersKey: string) {
    this.#store = store;
    this.artifacts = new ArtifactStore(store);
    this.parameters = () => this.#parametersOf(parametersKey);
    this.sourceRefs = (spec) => this.#refsOf(spec);
    // Members follow one another, and so do their items.
    const ahead = new ReadAhead(store);
    this.readItem = (source) => readItem(store, source, ahead);
  }

  /** The next member begins: it shall find nothing that an earlier one could have changed, and pays for nothing that one has left. */
  next(): void {
    this.artifacts.dropPrefetched();
    if (this.#values !== undefined && Object.values(this.#values).some(canChange)) this.#values = undefined;
  }

  #parametersOf(key: string): Current['parameters'] {
    this.#values ??= loadParameters(this.#store, key);
    return this.#values;
  }

  #refsOf(spec: TaskSpec): ArtifactRefs {
    const key = spec.sources[0]?.manifest ?? '';
    if (this.#source?.key !== key)
      this.#source = { key, refs: readSourceRefs(spec, (manifest) => this.artifacts.readManifest(manifest)) };
    return this.#source.refs;
  }
}

const canChange = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null);
