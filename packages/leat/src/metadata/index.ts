export type { AttemptState, EventFailure, EventOutcome, RunEvent, RunStatus } from './events.ts';
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
