import { isLeatError, LeatError } from '../errors/index.ts';
import { type TaskAddress, parseTask } from '../datastore/keys.ts';
import type { Flow } from '../flow/flow.ts';
import type { Artifacts, StepName } from '../flow/inputs.ts';
import { FlowTest } from './flow-test.ts';
import { makeTestSetting, type RunOptions } from './test-setting.ts';
import type { TestedTask } from './tested-task.ts';

export interface FlowTestOptions extends RunOptions {
  /** As `--with` on the command line: `['retry:times=2']`. Compute layers are this process, whatever their names. */
  readonly with?: readonly string[];
  /** Attempts after which the test gives up, so that a loop that never ends does; 10,000 unless told. */
  readonly maxAttempts?: number;
}

/** How a flow that was tested ended. */
export interface FlowTestResult<F extends Flow> {
  readonly status: 'succeeded' | 'failed';
  /** In the order in which they were decided. */
  readonly tasks: readonly TestedTask<F>[];
  /** The artifacts of `end`. @throws RUN_FAILED, with the first failure, when the run did not get there. */
  readonly artifacts: Artifacts<F>;
  /** The waits before retries that a real run would have waited, in milliseconds. */
  readonly waits: readonly number[];
  /** The tasks of a step, in the order of their paths. */
  step(name: StepName<F>): readonly TestedTask<F>[];
  /** The task with an address such as `train[3]`. @throws NOT_FOUND */
  task(address: string): TestedTask<F>;
}

/**
 * Runs a whole flow in this process: the same graph checks, scheduler, retries and codecs as a real run, with neither
 * processes nor files. Tasks run one after the other and share their modules; waits before retries take no time;
 * `@timeout` does not end a step.
 *
 * @example
 * const run = await testFlow(TrainFlow, { parameters: { alpha: 0.2 } });
 * expect(run.artifacts.best).toBe('fi');
 * expect(run.step('train')).toHaveLength(3);
 */
export async function testFlow<F extends Flow>(
  flow: new () => F,
  options: FlowTestOptions = {},
): Promise<FlowTestResult<F>> {
  const setting = await makeTestSetting(flow, options);
  const test = new FlowTest<F>(setting, flow, options.maxAttempts ?? 10_000);
  const status = await test.run();
  const { tasks, waits } = test;
  return {
    status,
    tasks,
    waits,
    get artifacts(): Artifacts<F> {
      const end = tasks.find((task) => task.step === 'end' && task.status === 'succeeded');
      if (end !== undefined) return end.artifacts;
      const failed = tasks.find((task) => task.status === 'failed');
      throw runFailed(setting.graph.flow, failed, test.firstThrown);
    },
    step: (name) => tasks.filter((task) => task.step === name).toSorted(byAddress),
    task: (address) => {
      const found = tasks.find((task) => task.task === address);
      if (found !== undefined) return found;
      const hint =
        parseTask(address) === undefined
          ? 'an address looks like train, train[3] or train[3]~1'
          : `there are ${tasks
              .map(({ task }) => task)
              .slice(0, 20)
              .join(', ')}`;
      throw new LeatError('NOT_FOUND', `the run of '${setting.graph.flow}' has no task '${address}'`, {
        hint,
      });
    },
  };
}

function byAddress(a: TaskAddress, b: TaskAddress): number {
  const depth = a.path.findIndex((index, i) => index !== b.path[i]);
  return depth < 0 ? a.iteration - b.iteration : (a.path[depth] ?? 0) - (b.path[depth] ?? 0);
}

function runFailed(
  flow: string,
  task: Pick<TestedTask<Flow>, 'task' | 'failure'> | undefined,
  thrown: unknown,
): LeatError {
  const { message = 'it has no reason', hint } = task?.failure ?? {};
  const why = isLeatError(thrown) ? thrown.hint : hint;
  return new LeatError('RUN_FAILED', `the run of '${flow}' failed: ${task?.task ?? 'start'}: ${message}`, {
    cause: thrown,
    hint: why,
  });
}
