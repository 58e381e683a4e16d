/** Longest text of a value that is kept for people; the value itself is in the datastore. */
const longest = 2000;

const shorten = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;

function shown(value: unknown): unknown {
  if (typeof value === 'string') return shorten(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  try {
    const text = JSON.stringify(value);
    if (text === undefined) return String(value);
    return text.length <= longest ? (JSON.parse(text) as unknown) : shorten(text);
  } catch {
    return String(value); // a cycle, or a BigInt deep inside
  }
}

/** Parameter values as JSON data for lists and `diff`: what JSON cannot hold is printed, what is long is cut. */
export function shownParameters(
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, shown(value)]));
}
