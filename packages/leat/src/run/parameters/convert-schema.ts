import type { SchemaIssue, StandardSchema } from '../../flow/standard-schema.ts';
import { accepted, type Converted, refused } from './parameter-problem.ts';

/** Validates data with a Standard Schema; what the schema makes of it is the parameter's value. */
export async function validated(schema: StandardSchema, value: unknown): Promise<Converted> {
  try {
    const result = await schema['~standard'].validate(value);
    if (result.issues === undefined) return accepted(result.value);
    return refused(result.issues.map(issueText).join('; '));
  } catch (error) {
    return refused(`its schema threw ${String(error)}`);
  }
}

/**
 * Validates a text, which a schema may want as it is (`z.string()`, `z.coerce.date()`) or as the JSON that it also is
 * (`z.number()`, `z.object()`). The text goes first, but for what nobody means as text: `true`, `{…}`, `[…]`.
 */
export async function validatedText(schema: StandardSchema, text: string): Promise<Converted> {
  const json = readJson(text);
  if (json === undefined) return validated(schema, text);
  const isClearlyJson = /^\s*(?:true|false|null)\s*$|^\s*[{["]/.test(text);
  const [first, second] = isClearlyJson ? [json.value, text] : [text, json.value];
  const result = await validated(schema, first);
  if (result.ok) return result;
  const other = await validated(schema, second);
  if (other.ok) return other;
  // Complaints about the JSON say more than "expected a number, received a string" does about a command line.
  return isClearlyJson ? result : other;
}

function readJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((part) => (typeof part === 'object' ? part.key : part));
  const place = keys
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
  return place === '' ? message : `${place}: ${message}`;
}
