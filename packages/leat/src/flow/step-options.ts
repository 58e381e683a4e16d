import { LeatError } from '../errors/index.ts';
import type { DeclaredEdges, IsolationOptions, StepDecorators } from './description.ts';
import { checkOptions, integerBetween, oneOf, type OptionRule } from './option-check.ts';

/** What `@step({ … })` takes: edges that cannot be read, and how the step's tasks share processes. */
export type StepCallOptions = DeclaredEdges & IsolationOptions;

/** What `mark` hangs on a step. */
export interface MarkedStep {
  readonly declared: DeclaredEdges;
  readonly decorators: Pick<StepDecorators, keyof IsolationOptions>;
}

/** A request names every member of a chunk, and a chunk's tasks share one fate: beyond this, more chunks are better. */
const largestChunk = 10_000;

/** Which steps and fields there are is the graph's business, so edges are only looked at in their form. */
const anything: OptionRule = () => undefined;

/**
 * Checks the form of what `@step({ … })` and `steps(…)` say of a step.
 *
 * @throws LeatError OPTION_INVALID
 */
export function checkedStepOptions(label: string, options: StepCallOptions): MarkedStep {
  const { isolation, chunk, ...declared } = checkOptions<StepCallOptions>(label, options, {
    next: anything,
    foreach: anything,
    by: anything,
    isolation: oneOf('process', 'reuse'),
    chunk: integerBetween(1, largestChunk),
  });
  if (isolation === 'process' && chunk !== undefined) {
    throw new LeatError('OPTION_INVALID', `${label}: 'chunk' and isolation 'process' exclude each other`, {
      hint: "'chunk' lets one process run many tasks; leave 'isolation' out, or 'chunk'.",
    });
  }
  const decorators = { ...(isolation !== undefined && { isolation }), ...(chunk !== undefined && { chunk }) };
  const declares = Object.keys(declared).length > 0;
  const problem = declares || Object.keys(decorators).length === 0 ? edgesProblem(declared) : undefined;
  if (problem !== undefined) throw new LeatError('OPTION_INVALID', `${label}({ … }): ${problem}`);
  return { declared, decorators };
}

function edgesProblem({ next, foreach, by }: DeclaredEdges): string | undefined {
  const isName = (value: unknown): boolean => typeof value === 'string';
  const holdsNames = (values: readonly unknown[]): boolean => values.length > 0 && values.every(isName);
  if (foreach !== undefined && by !== undefined) return "'foreach' and 'by' exclude each other";
  if (foreach !== undefined) {
    const fine = isName(foreach) && isName(next);
    return fine
      ? undefined
      : "'foreach' is the name of the field with the items, and 'next' the name of one step";
  }
  const isRecord = typeof next === 'object' && next !== null && !Array.isArray(next);
  if (isRecord !== isName(by))
    return "a switch has a record of cases as its 'next' and a field name as its 'by'";
  const targets: readonly unknown[] = isRecord ? Object.values(next) : [next].flat();
  return holdsNames(targets) ? undefined : "'next' holds names of steps";
}
