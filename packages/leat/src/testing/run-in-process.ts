import type { AttemptManifest } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';
import { setCurrent } from '../flow/current.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { runTask } from '../task/run-task.ts';
import type { TestSetting } from './test-setting.ts';

/** What came of an attempt; `thrown` is the very error, where it was one. */
export interface AttemptResult {
  readonly manifest: AttemptManifest;
  readonly thrown: Error | undefined;
}

/** Runs one attempt in this process, as `task/main.ts` does in one of its own. One at a time: `current` is one for all. */
export async function runInProcess(
  { plan, store }: TestSetting,
  flow: unknown,
  spec: TaskSpec,
): Promise<AttemptResult> {
  const step = plan.steps[spec.step];
  if (step === undefined)
    throw new LeatError('INTERNAL', `the plan of '${spec.flow}' has no step '${spec.step}'`);
  const { cpu, memory, gpu, disk } = step.resources;
  const resources = { cpu: cpu.value, memory: memory.value, gpu: gpu.value, disk: disk.value };
  const restore = setVariables(step.environment);
  let thrown: Error | undefined;
  const originOf = (error: Error): undefined => {
    thrown = error;
  };
  try {
    return { manifest: await runTask({ spec, resources, store, loadFlow: () => flow, originOf }), thrown };
  } finally {
    setCurrent(undefined);
    restore();
  }
}

function setVariables(variables: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
