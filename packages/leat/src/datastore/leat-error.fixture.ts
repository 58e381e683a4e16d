import { expect } from 'vitest';
import type { ErrorCode } from '../errors/index.ts';

/** Matches an error of some code with a hint, whose message has a text in it (or is just that text with `whole`). */
export function leatError(
  code: ErrorCode,
  text: string,
  { whole = false }: { readonly whole?: boolean } = {},
): Error {
  const message: unknown = whole ? text : expect.stringContaining(text);
  const hint: unknown = expect.stringMatching(/\w/);
  return expect.objectContaining({ code, message, hint }) as Error;
}
