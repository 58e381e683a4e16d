export { type Address, parseAddress, parseAddressOf } from './address.ts';
export type { ArtifactName, ArtifactsOf, FlowClass } from './artifact-types.ts';
export { Client, connect, type ConnectOptions } from './client.ts';
export type { Difference, RunDiff, StepDifference } from './diff-runs.ts';
export { FlowReader } from './flow-reader.ts';
export type { CodeOptions, SourceFile } from './read-code.ts';
export type { LogLine, LogOptions } from './read-task-log.ts';
export { RunReader } from './run-reader.ts';
export { StepReader } from './step-reader.ts';
export { type ArtifactListing, TaskReader } from './task-reader.ts';
export { StoredFile } from '../datastore/files/stored-file.ts';
export type { EventFailure, RunEvent, RunStatus } from '../metadata/events.ts';
export type {
  AttemptRecord,
  RunQuery,
  RunRecord,
  StepCounts,
  TaskQuery,
  TaskRecord,
  TaskStatus,
} from '../metadata/metadata-store.ts';
