import type { Current } from '../flow/current.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import type { TaskSpec } from '../plan/task-spec.ts';

/** What `current` tells in a task. Parameters are read when asked for. */
export function currentOf(
  { spec, resources }: { readonly spec: TaskSpec; readonly resources: TaskMessage['resources'] },
  parameters: () => Current['parameters'],
): Current {
  const {
    flow,
    run,
    step,
    task,
    attempt,
    triesLeft,
    path,
    iteration,
    tags,
    namespace,
    user,
    originRun,
    foreach,
  } = spec;
  return {
    flow,
    run,
    step,
    task: `${flow}/${run}/${task}`,
    attempt,
    triesLeft,
    path,
    index: foreach.at(-1)?.index,
    iteration,
    tags,
    get parameters() {
      return parameters();
    },
    namespace,
    user,
    originRun,
    resources,
  };
}
