export {
  type ChunkEvent,
  type ChunkFacts,
  isChunkEvent,
  memberAddress,
  memberEvents,
  placesOf,
  speaksFor,
} from './chunk-events.ts';
export type { AttemptState, EventFailure, EventOutcome, RunEvent, RunStatus, TaskGroup } from './events.ts';
export type {
  AttemptRecord,
  Lease,
  MetadataStore,
  NewRun,
  RunQuery,
  RunRecord,
  StepCounts,
  TaskQuery,
  TaskRecord,
  TaskStatus,
} from './metadata-store.ts';
export { metadataExists, openMetadata } from './open-metadata.ts';
export { project, type Projection } from './projection.ts';
export { systemTags } from './tags.ts';
