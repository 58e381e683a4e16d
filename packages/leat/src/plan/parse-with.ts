import { LeatError } from '../errors/index.ts';

/** What one `--with` says: a decorator that every step gets which has none of its kind. */
export interface WithSpec {
  /**
   * `retry`, `timeout`, `resources`, `environment`, `catchError`, or a compute layer: by its name, or by the package or the
   * file that holds it.
   */
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** As it was written, for messages. */
  readonly text: string;
}

// A name, a package (`@acme/layer`), or the path of a file: `./layer.js`, `../layer.js`, `/opt/layer.js`.
const namePattern = /^(?:@?[A-Za-z][\w./-]*|\.{0,2}\/[^/].*)$/;

/**
 * Reads `name` or `name:option=value,option=value`. A value is JSON where it can be read as such, else text; a comma inside
 * quotes, brackets or braces does not end it. An option without a value is `true`.
 *
 * @example parseWith('batch:memory=10000,queue=spot') // { name: 'batch', options: { memory: 10000, queue: 'spot' }, … }
 * @throws OPTION_INVALID
 */
export function parseWith(text: string): WithSpec {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  if (!namePattern.test(name)) {
    throw invalid(text, `'${name}' is no name of a decorator, and no './file.js'`);
  }
  const options: [string, unknown][] = [];
  const written = colon < 0 ? '' : text.slice(colon + 1).trim();
  for (const part of written === '' ? [] : splitOutside(text, written)) {
    const [key, value] = readOption(text, part);
    if (options.some(([known]) => known === key)) throw invalid(text, `'${key}' is given twice`);
    options.push([key, value]);
  }
  return { name, options: Object.fromEntries(options), text };
}

// A quoted text, a run of other characters without commas and brackets, or one character. A single quote opens only where
// a value can begin, so that it's fine inside a word.
const piece = /"(?:[^"\\]|\\.)*"|(?<=[=,[{:])'[^']*'|[^"'{}[\],]+|[^]/g;

// Splits at commas that stand outside of quotes and brackets.
function splitOutside(all: string, text: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const [found] of text.matchAll(piece)) {
    if (found === '{' || found === '[') depth++;
    if (found === '}' || found === ']') depth--;
    if (found === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += found;
    if (found === '"') throw invalid(all, 'a quote is not closed');
  }
  if (depth !== 0) throw invalid(all, 'a bracket is not closed');
  return parts.map((part) => part.trim());
}

function readOption(all: string, part: string): readonly [string, unknown] {
  const equals = part.indexOf('=');
  const key = (equals < 0 ? part : part.slice(0, equals)).trim();
  if (!/^[A-Za-z_$][\w$.-]*$/.test(key)) throw invalid(all, `'${part}' is no option`);
  return [key, equals < 0 ? true : readValue(part.slice(equals + 1).trim())];
}

function readValue(text: string): unknown {
  if (/^'.*'$/s.test(text)) return text.slice(1, -1);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'number' && !isExact(text, value) ? text : value;
  } catch {
    return text;
  }
}

// Digits that a number cannot hold, such as an account's id, are text.
const isExact = (text: string, value: number): boolean =>
  Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(text));

function invalid(text: string, reason: string): LeatError {
  return new LeatError('OPTION_INVALID', `--with '${text}' cannot be read: ${reason}`, {
    hint: 'write --with name or --with name:option=value,option=value, such as --with batch:memory=10000,cpu=8',
  });
}
