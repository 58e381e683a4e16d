import type { StepDescription } from '../flow/description.ts';
import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';
import type { SplitFacts } from './walk-splits.ts';

/** Checks that steps which share processes have tasks to share them: those of a foreach. */
export function checkIsolation(
  steps: readonly StepDescription[],
  readings: readonly StepReading[],
  { frames }: Pick<SplitFacts, 'frames'>,
): GraphProblem[] {
  const foreaches = new Set(
    readings.filter(({ next }) => next?.kind === 'foreach').map((reading) => reading.name),
  );
  return steps.flatMap(({ name, decorators }): GraphProblem[] => {
    const { isolation, chunk } = decorators;
    if (chunk === undefined && isolation !== 'reuse') return [];
    const around = frames.get(name);
    if (around === undefined || around.some(({ split }) => foreaches.has(split))) return [];
    const option = chunk === undefined ? "isolation: 'reuse'" : `chunk: ${chunk}`;
    return [
      {
        kind: 'isolation-outside-foreach',
        step: name,
        message: `'${name}' has { ${option} }, but it is in no foreach, so there are no other tasks to share a process with`,
        fix: `Remove ${chunk === undefined ? "'isolation'" : "'chunk'"} from @step.`,
      },
    ];
  });
}
