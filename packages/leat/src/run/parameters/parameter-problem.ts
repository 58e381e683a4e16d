import { inspect } from 'node:util';
import { LeatError } from '../../errors/index.ts';

/** One thing that is wrong with one parameter. */
export interface ParameterProblem {
  /** Name of the parameter as far as it is known. */
  readonly parameter: string;
  /** Where the value came from: `--alpha`, `LEAT_PARAM_ALPHA`, `alpha in p.yaml`, … */
  readonly from: string;
  /** What was expected and what came. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What a value became, or why it cannot. */
export type Converted =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/** A value that is accepted. */
export const accepted = (value: unknown): Converted => ({ ok: true, value });

/** A value that is not: what was expected and what came. */
export const refused = (message: string, hint?: string): Converted => ({
  ok: false,
  message,
  ...(hint !== undefined && { hint }),
});

/** A value in a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 60 ? `${value.slice(0, 57)}…` : value}'`;
  const text = value === undefined ? 'nothing' : inspect(value, { breakLength: Infinity, depth: 2 });
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** All problems as one error: people correct a command once, not once for each mistake. */
export function parameterError(problems: readonly ParameterProblem[]): LeatError {
  const lines = problems.map(({ from, message }) => `${from}: ${message}`);
  const hints = [...new Set(problems.flatMap(({ hint }) => hint ?? []))];
  const message =
    lines.length === 1
      ? (lines[0] ?? '')
      : `${lines.length} parameters are not accepted:\n  ${lines.join('\n  ')}`;
  return new LeatError('PARAMETER_INVALID', message, {
    hint:
      hints.length > 0
        ? hints.join('\n')
        : 'leat run <file> --help lists the parameters with their types and defaults',
    details: { problems },
  });
}
