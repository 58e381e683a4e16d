import { ArtifactStore } from '../datastore/artifact-store.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { decodeItem, readItem } from '../datastore/items/read-item.ts';
import { loadParameters } from '../datastore/run-parameters.ts';
import type { Current } from '../flow/current.ts';
import type { ItemSource, TaskSpec } from '../plan/task-spec.ts';
import type { ArtifactRefs } from './flow-fields.ts';
import type { TaskReads } from './run-task.ts';
import { readSourceRefs } from './source-refs.ts';

/** Items that are read at once, in bytes; a larger one is read alone. */
const blockBytes = 256 * 1024;

/** Bytes of an object, from an offset on. */
interface Block {
  readonly key: string;
  readonly from: number;
  readonly bytes: Uint8Array;
}

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
  #block: Block | undefined;

  constructor(store: Datastore, parametersKey: string) {
    this.#store = store;
    this.artifacts = new ArtifactStore(store);
    this.parameters = () => this.#parametersOf(parametersKey);
    this.sourceRefs = (spec) => this.#refsOf(spec);
    this.readItem = (source) => this.#itemAt(source);
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
    if (this.#source?.key !== key) this.#source = { key, refs: readSourceRefs(this.#store, spec) };
    return this.#source.refs;
  }

  #itemAt(source: ItemSource): unknown {
    const bytes = this.#bytesAt(source);
    return bytes === undefined
      ? readItem(this.#store, source)
      : decodeItem(this.#store, source.key, source.length, bytes);
  }

  /** The bytes of an item, with those behind it if there are none of an earlier read: members follow one another, and so do their items. */
  #bytesAt({ key, offset, length }: ItemSource): Uint8Array | undefined {
    if (length > blockBytes) return undefined;
    const known = this.#block;
    const isIn =
      known?.key === key && offset >= known.from && offset + length <= known.from + known.bytes.byteLength;
    const block = isIn ? known : this.#readBlock(key, offset);
    const start = offset - (block?.from ?? 0);
    // A copy: the value may be a view on it, and is the member's own.
    return block?.bytes.slice(start, start + length);
  }

  #readBlock(key: string, from: number): Block | undefined {
    const bytes = this.#store.getSync(key, { start: from, end: from + blockBytes });
    this.#block = bytes === undefined ? undefined : { key, from, bytes };
    return this.#block;
  }
}

const canChange = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null);
