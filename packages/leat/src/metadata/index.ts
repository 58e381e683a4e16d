/** The contract of a metadata store, and what every store needs to keep it: the fold, addresses, tags, errors. */
export { isLeatError, LeatError } from '../errors/index.ts';
export { withoutPassword } from '../errors/without-password.ts';
export {
  type ChunkEvent,
  type ChunkFacts,
  isChunkEvent,
  memberAddress,
  memberEvents,
  placesOf,
  speaksFor,
} from './chunk-events.ts';
export type {
  AttemptState,
  EventFailure,
  EventOutcome,
  PlainOutcome,
  ReusedResults,
  RunEvent,
  RunStatus,
  TaskGroup,
} from './events.ts';
export { endOpenAttempt, foldAttempt } from './fold/fold-attempt.ts';
export { foldCounts, foldManyCounts } from './fold/fold-counts.ts';
export { foldRun, type RunState } from './fold/fold-run.ts';
export { endOpenTask, foldTask, isDecided } from './fold/fold-task.ts';
export type { AttemptEvent, MemberEvent, TaskEvent } from './task-events.ts';
export type {
  AttemptRecord,
  Lease,
  MetadataStore,
  NewRun,
  RunQuery,
  RunRecord,
  StepCounts,
  TakenFrom,
  TaskQuery,
  TaskRecord,
  TaskStatus,
} from './metadata-store.ts';
export { type ItemsReused, reusedItems } from './reused-items.ts';
export { metadataExists, openMetadata } from './open-metadata.ts';
export { project, type Projection } from './fold/projection.ts';
export { type Explanation, leaseLost, noSuchRun, unavailable } from './refusals.ts';
export { newRunColumns, newRunValues, runNumber, runOfRow, type StoredRun } from './stored-run.ts';
export {
  attemptOfText,
  rowOfTask,
  type StoredTask,
  type TaskEntry,
  taskOfRow,
  textOfAttempt,
} from './stored-task.ts';
export { checkTagCount, checkTags, systemTags, userOfSystemTag } from './tags.ts';
export { formatTaskKey, parseTaskKey, pathFromSortable, sortablePath, type TaskKey } from './task-key.ts';
