import type { ParameterDescription, ParameterKind } from '../../flow/description.ts';
import { accepted, type Converted, refused, shown } from './parameter-problem.ts';

type Scalar = Exclude<ParameterKind, 'list' | 'json' | 'file' | 'schema'>;

const words: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

/** A text of the command line or the environment as the value of a string, number or boolean. */
export function scalarFromText(kind: Scalar, text: string): Converted {
  switch (kind) {
    case 'string':
      return accepted(text);
    case 'number': {
      const value = Number(text);
      return text.trim() === '' || Number.isNaN(value)
        ? refused(`expected a number, got ${shown(text)}`)
        : accepted(value);
    }
    case 'boolean': {
      const value = words[text.trim().toLowerCase()];
      return value === undefined ? refused(`expected true or false, got ${shown(text)}`) : accepted(value);
    }
  }
}

/** Texts as a list: each is split at the separator, so that a list may be said in one piece or in several. */
export function listFromTexts(
  { item = 'string', separator = ',' }: ParameterDescription,
  texts: readonly string[],
): Converted {
  const parts = texts.flatMap((text) =>
    text.trim() === '' ? [] : text.split(separator).map((part) => part.trim()),
  );
  const values: unknown[] = [];
  for (const [i, part] of parts.entries()) {
    const entry = scalarFromText(item, part);
    if (!entry.ok) return refused(`entry ${i + 1}: ${entry.message}`);
    values.push(entry.value);
  }
  return accepted(values);
}

/** A text as JSON. */
export function jsonFromText(text: string): Converted {
  try {
    return accepted(JSON.parse(text));
  } catch (error) {
    return refused(
      `expected JSON, got ${shown(text)} (${(error as Error).message})`,
      'quote JSON for the shell: --name \'{"depth": 3}\'',
    );
  }
}
