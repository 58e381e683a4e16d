import type { StepDescription } from '../flow/description.ts';
import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';

/** Checks that a caught switch, and nothing else, says which case it goes on with. */
export function checkCaughtSwitches(
  steps: readonly StepDescription[],
  readings: readonly StepReading[],
): GraphProblem[] {
  return steps.flatMap(({ name, decorators }): GraphProblem[] => {
    const caught = decorators.catchError;
    const next = readings.find((reading) => reading.name === name)?.next;
    if (caught === undefined || next === undefined) return [];
    const cases = next.kind === 'switch' ? Object.keys(next.cases) : undefined;
    const complaint = cases === undefined ? strangeCase(caught.case) : missingCase(cases, caught.case);
    if (complaint === undefined) return [];
    const fix =
      cases === undefined
        ? "Remove 'case'."
        : `Write @catchError({ var: '${caught.var}', case: '${cases[0]}' }), or another case.`;
    return [{ kind: 'catch-case', step: name, message: `@catchError of '${name}' ${complaint}`, fix }];
  });
}

function strangeCase(named: string | undefined): string | undefined {
  return named === undefined ? undefined : `names the case '${named}', but the step does not end in a switch`;
}

function missingCase(cases: readonly string[], named: string | undefined): string | undefined {
  if (named === undefined) return 'must say which case the run goes on with after a failure';
  if (cases.includes(named)) return undefined;
  return `names the case '${named}', but the switch has ${cases.map((each) => `'${each}'`).join(', ')}`;
}
