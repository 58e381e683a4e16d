export { isLeatError, LeatError } from '../errors/index.ts';
export { type EncodedArtifact, ArtifactStore } from './artifact-store.ts';
export { commitAttempt, commitAttemptAsync, type CommitResult } from './commit-attempt.ts';
export type { DatastoreAccess } from './datastore-access.ts';
export type { ByteRange, Datastore, LogObject, ObjectFacts, TemporarySweep } from './datastore.ts';
export type { StoredFileFacts } from './files/file-value.ts';
export { StoredFile } from './files/stored-file.ts';
export { inheritArtifact, inheritArtifacts } from './inherit-artifacts.ts';
export { InlineBudget } from './inline-budget.ts';
export {
  type ItemIndex,
  ItemLocator,
  type ItemPlace,
  locateItem,
  readItemIndex,
} from './items/item-index.ts';
export { readItem, readItemAsync } from './items/read-item.ts';
export { type Items, writeItems } from './items/write-items.ts';
export {
  blobKey,
  formatTask,
  logKey,
  manifestKey,
  packagePrefix,
  packKey,
  parseTask,
  runPrefix,
  sourcesKey,
  type TaskAddress,
} from './keys.ts';
export { noKey, requireKey } from './object-key.ts';
export {
  type LogEntry,
  type LogWriter,
  openLog,
  type PrintedChunk,
  readLog,
  readLogEnd,
} from './log-store.ts';
export type {
  ArtifactFacts,
  ArtifactRef,
  AttemptManifest,
  FailureReason,
  FailureRecord,
  ItemBlock,
  Outcome,
  StoredItems,
} from './manifest.ts';
export { openDatastore } from './open-datastore.ts';
export type { PackHead, PackLine } from './packs/pack-line.ts';
export { createPack, type PackWriter } from './packs/pack-writer.ts';
export { formatPackedKey, manifestObject, type PackedPlace, parsePackedKey } from './packs/packed-key.ts';
export { type PackEntry, readPack } from './packs/read-pack.ts';
export { type PackTail, tailPack } from './packs/tail-pack.ts';
export { parseManifest, readManifest, readManifestSync } from './read-manifest.ts';
export { artifactKeys, itemKeys, type ReferencedKeys, referencedKeys } from './referenced-keys.ts';
export type { SourceColumns, SourceKind } from './source-columns.ts';
export { encodeSources, type JoinedPlace, SourceIndex } from './source-index.ts';
export { defaultGraceMs, LiveKeys, type SweepOptions, sweepBlobs, type Swept } from './sweep-blobs.ts';
