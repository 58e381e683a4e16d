import { LeatError } from '../../errors/index.ts';

/** The mark of what `file(…)` returns in a step (`flow/file.ts`); its value is a {@link PendingFile}. */
const pendingBrand = Symbol.for('leat.file/1');

/** The mark of a file in the store; the same in every copy of this package. */
export const storedBrand: unique symbol = Symbol.for('leat.stored-file/1') as never;

/** What is known of a stored file. `size` in bytes, `hash` is the sha256 (hex) of its content. */
export interface StoredFileFacts {
  readonly name: string;
  readonly size: number;
  readonly hash: string;
}

/** Bytes or text, piece by piece. */
export type FilePieces = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** A file that a step has named and that is not stored yet. A string is a path. */
export interface PendingFile {
  readonly name: string;
  readonly source: string | FilePieces;
}

// Where the content of a pending file went. By the object, so that a file in two artifacts is stored once.
const settled = new WeakMap<object, StoredFileFacts>();

/** What a step named with `file(…)`; `undefined` for other values. */
export const pendingFile = (value: object): PendingFile | undefined =>
  (value as Record<symbol, PendingFile | undefined>)[pendingBrand];

/** Whether a value is a file, pending or stored. */
export const isFile = (value: object): boolean =>
  pendingFile(value) !== undefined || (value as Record<symbol, unknown>)[storedBrand] === true;

/** Notes where the content of a pending file went. */
export const settleFile = (file: object, facts: StoredFileFacts): void => void settled.set(file, facts);

/** Where the content of a file is, when it is in the store. */
export function settledFile(file: object): StoredFileFacts | undefined {
  if ((file as Record<symbol, unknown>)[storedBrand] !== true) return settled.get(file);
  const { name, size, hash } = file as StoredFileFacts;
  return { name, size, hash };
}

/** A value holds a file that must be stored before the value can be encoded. Never leaves `ArtifactStore`. */
export class UnstoredFile extends LeatError {
  constructor(root: string) {
    super('INTERNAL', `${root} holds a file that is not stored yet`);
  }
}

/** {@link settledFile} of a file that must be in the store by now; throws {@link UnstoredFile}. */
export function storedFileFacts(root: string, file: object): StoredFileFacts {
  const facts = settledFile(file);
  if (facts === undefined) throw new UnstoredFile(root);
  return facts;
}
