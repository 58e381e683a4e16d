export { isLeatError, LeatError } from '../errors/index.ts';
export {
  type AttemptRequest,
  type CheckFinding,
  type ComputeLayer,
  contractVersion,
  type CostEstimate,
  type Diagnosis,
  type DiagnosisKind,
  type JobFailureReason,
  type JobId,
  type JobStatus,
  type LayerCapabilities,
  type LayerContext,
  type LayerFactory,
  type LogChunk,
  type PollOptions,
  type RunName,
  type StepRequest,
  type StepUsage,
  type SubmitResult,
} from './compute-layer.ts';
export { guardLayer, type GuardLimits } from './guard.ts';
export type { StoredPackage } from '../package/portable/stored-package.ts';
export type {
  Platform,
  StoredNode,
  StoredTool,
  StoredTools,
  ToolFiles,
  ToolsWanted,
} from '../package/tools/tool-files.ts';
export type { ResolvedResources } from '../plan/plan.ts';
export { loadLayer } from './registry.ts';
