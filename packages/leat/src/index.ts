/** The public face of Leat: what a flow file imports. */
export { LeatError, isLeatError, type ErrorCode, type SourcePlace } from './errors/index.ts';
export { defineConfig, type LeatConfig, type PackageConfig } from './config/config.ts';
export { catchError } from './flow/catch-error.ts';
export { concurrency } from './flow/concurrency.ts';
export { container, type ContainerOptions } from './flow/container.ts';
export { current, type Current } from './flow/current.ts';
export type {
  DeclaredEdges,
  EnvironmentOptions,
  IsolationOptions,
  ResourcesOptions,
  RetryOptions,
  TimeoutOptions,
} from './flow/description.ts';
export type { Failure, FailureKind } from './flow/failure.ts';
export { file, type StoredFile } from './flow/file.ts';
export { Flow } from './flow/flow.ts';
export type { StepDecorator } from './flow/hang.ts';
export type { Input, InputList, Inputs } from './flow/inputs.ts';
export { parameter } from './flow/parameter.ts';
export { step } from './flow/step.ts';
export {
  environment,
  layerDecorator,
  type LayerDecorator,
  local,
  resources,
  retry,
  timeout,
} from './flow/step-decorators.ts';
export type { ForeachLevel } from './flow/step-host.ts';
export { steps } from './flow/steps.ts';
export { type Client, connect, type ConnectOptions } from './client/index.ts';
export { run, type RunOptions, type RunResult } from './run/index.ts';
