export {
  type AgentOrders,
  agentEnvironment,
  type AgentSetting,
  type LinkedFile,
  type LinkedNode,
  readAgentEnvironment,
} from './agent-environment.ts';
export { type AgentExit, agentExits, explainAgentExit } from './agent-exit.ts';
export { bootstrapCommand } from './bootstrap.ts';
export type { EndRecord } from './end-record.ts';
export { workKey } from './job-keys.ts';
export type { PrintedChunk } from './log-frames.ts';
export {
  hasPrinted,
  type OutputChunk,
  readEnd,
  readExecution,
  readOutput,
  type ReadOutputOptions,
  removeTraces,
} from './read-job.ts';
export { packTools, type StoredPack, storePack, type ToolFile } from './tools-pack.ts';
export { readWork, writeWork } from './work-object.ts';
