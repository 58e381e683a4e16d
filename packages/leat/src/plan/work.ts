/** What a process does, as far as it matters for what V8 has compiled of its code: `task/compiled-script.ts` keeps a cache for each. */
import type { TaskSpec } from './task-spec.ts';

/** Both are parts of file names. */
export interface Work {
  /** Tasks of one kind run much the same functions of Leat. */
  readonly kind: string;
  /** Tasks of one step run the same functions of the flow. */
  readonly step: string;
}

/** The work of a task. */
export const workOf = ({ takes, next, step }: Pick<TaskSpec, 'takes' | 'next' | 'step'>): Work => ({
  kind: `${takes}-${next.kind}`,
  step,
});

/** What most first steps are, for a process that is told nothing. */
const likeliest: Work = { kind: 'nothing-linear', step: 'start' };

/** The environment variable that tells a process, when it is started ahead, what it will probably do. */
export const workVariable = 'LEAT_EXPECTED_WORK';

/** {@link Work} as the variable holds it. */
export const formatWork = ({ kind, step }: Work): string => `${kind}/${step}`;

/** What the variable says. A wrong guess is only slower. */
export function parseWork(text: string | undefined): Work {
  const [kind, step] = text?.split('/') ?? [];
  return kind === undefined || step === undefined ? likeliest : { kind, step };
}
