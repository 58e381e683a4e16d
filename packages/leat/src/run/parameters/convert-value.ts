import type { ParameterDescription } from '../../flow/description.ts';
import { listFromTexts } from './convert-text.ts';
import { accepted, type Converted, refused, shown } from './parameter-problem.ts';

/** A value that is data already, from a file or from code, as a parameter of kind string, number, boolean or list. */
export function plainFromValue(parameter: ParameterDescription, value: unknown): Converted {
  const { kind, item = 'string' } = parameter;
  if (kind !== 'list') {
    if (typeof value === kind && !Number.isNaN(value)) return accepted(value);
    const hint = kind === 'string' ? 'put a text that looks like a number or a date into quotes' : undefined;
    return refused(`expected ${article(kind)}, got ${shown(value)}`, hint);
  }
  if (typeof value === 'string') return listFromTexts(parameter, [value]);
  if (!Array.isArray(value)) return refused(`expected a list, got ${shown(value)}`);
  const wrong = value.findIndex((entry) => typeof entry !== item);
  if (wrong >= 0) return refused(`entry ${wrong + 1}: expected ${article(item)}, got ${shown(value[wrong])}`);
  return accepted([...(value as readonly unknown[])]);
}

/** Holds a value, or each entry of a list, against the choices. */
export function chosen({ choices }: ParameterDescription, converted: Converted): Converted {
  if (!converted.ok || choices === undefined) return converted;
  const values: readonly unknown[] = Array.isArray(converted.value) ? converted.value : [converted.value];
  const wrong = values.find((value) => !(choices as readonly unknown[]).includes(value));
  if (wrong === undefined) return converted;
  return refused(`expected one of ${choices.map(shown).join(', ')}, got ${shown(wrong)}`);
}

const article = (kind: string): string => (kind === 'string' ? 'a text' : `a ${kind}`);
