/** What a process that is started ahead is told beside its message (`task-message.ts`): what it will probably do. A wrong guess is only slower. */
import type { TaskSpec } from './task-spec.ts';

/** What a process does, as far as it matters for what is compiled of its code. Both are parts of file names. */
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

/** The environment variable that tells it. */
export const workVariable = 'LEAT_LIKELY_WORK';

/** {@link Work} as the variable holds it. */
export const formatWork = ({ kind, step }: Work): string => `${kind}/${step}`;

/** What the variable says; `undefined` when it says nothing. */
export function parseWork(text: string | undefined): Work | undefined {
  const [kind, step] = text?.split('/') ?? [];
  return kind === undefined || step === undefined ? undefined : { kind, step };
}
