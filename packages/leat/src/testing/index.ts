/**
 * `leat/testing`: flows and steps in people's own tests, in the test's process, without files or a machine's state. It must not
 * have semantics of its own: scheduler, task and codecs are those of real runs.
 */
export type { DecidedNext } from './decided-next.ts';
export { layerContextFor } from './layer-context-for.ts';
export { testFlow, type FlowTestOptions, type FlowTestResult } from './test-flow.ts';
export {
  testStep,
  type SomeArtifacts,
  type StepTestOptions,
  type StepTestResult,
  type TestInput,
} from './test-step.ts';
export type { RunOptions } from './test-setting.ts';
export type { TestedTask } from './tested-task.ts';
