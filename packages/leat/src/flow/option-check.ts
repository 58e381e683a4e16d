import { LeatError } from '../errors/index.ts';

/** What an option of a decorator must be. */
export type OptionRule = (value: unknown) => string | undefined;

/** A number of at least `least`; `undefined` when it is, else what was expected. */
export function numberFrom(least: number, unit = ''): OptionRule {
  return (value) =>
    typeof value === 'number' && Number.isFinite(value) && value >= least
      ? undefined
      : `a number${unit} of at least ${least}`;
}

/** A number above zero. */
export function numberAbove0(unit: string): OptionRule {
  return (value) =>
    typeof value === 'number' && Number.isFinite(value) && value > 0 ? undefined : `a number${unit} above 0`;
}

/** An integer of at least `least`. */
export function integerFrom(least: number): OptionRule {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least
      ? undefined
      : `a whole number of at least ${least}`;
}

/** An integer of a range, ends included. */
export function integerBetween(least: number, most: number): OptionRule {
  const isWhole = integerFrom(least);
  return (value) =>
    isWhole(value) === undefined && (value as number) <= most
      ? undefined
      : `a whole number from ${least} to ${most.toLocaleString('en')}`;
}

/** One of some words. */
export function oneOf(...words: readonly string[]): OptionRule {
  return (value) =>
    words.includes(value as string) ? undefined : words.map((word) => `'${word}'`).join(' or ');
}

/**
 * Checks the options of a decorator by one rule each; `undefined` values count as not given.
 *
 * @returns the options without the `undefined` ones
 * @throws LeatError OPTION_INVALID that names the decorator, the option and what came
 */
export function checkOptions<T extends object>(
  label: string,
  options: T,
  rules: Readonly<Record<keyof T, OptionRule>>,
): T {
  if (typeof options !== 'object' || options === null) {
    throw new LeatError('OPTION_INVALID', `${label} got ${JSON.stringify(options)}, expected options`, {
      hint: `Known options: ${Object.keys(rules).join(', ')}.`,
    });
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const rule = (rules as Readonly<Record<string, OptionRule>>)[name];
    if (rule === undefined) {
      throw new LeatError('OPTION_INVALID', `${label} has no option '${name}'`, {
        hint: `Known options: ${Object.keys(rules).join(', ')}.`,
      });
    }
    const expected = rule(value);
    if (expected !== undefined)
      throw new LeatError('OPTION_INVALID', `${label}: '${name}' must be ${expected}, got ${show(value)}`);
  }
  return Object.fromEntries(given) as T;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
