/** Whatever a step has thrown → data that can be stored, shown and caught. */
import { inspect } from 'node:util';
import type { FailureRecord } from '../datastore/manifest.ts';
import { codeFrame } from '../errors/code-frame.ts';
import { isLeatError, type LeatError } from '../errors/index.ts';
import type { ErrorOrigin } from './source-stack.ts';

/** Finds the place in the user's code that an error comes from. */
export type OriginOf = (error: Error) => ErrorOrigin | undefined;

/** A manifest is read whole by everyone who looks at the run: nobody's error message may make it large. */
const longestText = 64 * 1024;
const mostCauses = 5;

/** The failure of an attempt whose step threw `thrown`: an error of any class, or anything else that can be thrown. */
export function failureOf(thrown: unknown, originOf: OriginOf = () => undefined): FailureRecord {
  if (!isErrorLike(thrown)) return failureOfValue(thrown);
  return {
    reason: 'error',
    type: typeOf(thrown),
    message: bounded(messageOf(thrown)),
    stack: bounded(stackOf(thrown, mostCauses)),
    ...placeOf(thrown, originOf),
    ...(isLeatError(thrown) && adviceOf(thrown)),
  };
}

function placeOf(error: Error, originOf: OriginOf): Pick<FailureRecord, 'place' | 'frame'> {
  const origin = safely(() => originOf(error));
  if (origin === undefined) return {};
  const { place, text } = origin;
  return { place, ...(text !== undefined && { frame: codeFrame(text, place) }) };
}

function adviceOf({ code, hint, place, frame }: LeatError): Partial<FailureRecord> {
  return {
    code,
    ...(hint !== undefined && { hint }),
    ...(place && { place }),
    ...(frame !== undefined && { frame }),
  };
}

function failureOfValue(thrown: unknown): FailureRecord {
  const type = thrown === null ? 'null' : typeof thrown;
  const shown = typeof thrown === 'string' ? thrown : (safely(() => inspect(thrown, { depth: 2 })) ?? type);
  return {
    reason: 'error',
    type,
    message: bounded(shown),
    hint: 'What was thrown is no Error and so has no stack: throw new Error(…) to see where it comes from.',
  };
}

// Errors of other realms (vm, workers) are no instance of this realm's Error.
function isErrorLike(value: unknown): value is Error {
  if (value instanceof Error) return true;
  return (
    typeof value === 'object' &&
    value !== null &&
    safely(
      () => typeof (value as Error).stack === 'string' && typeof (value as Error).message === 'string',
    ) === true
  );
}

/** A class that extends Error seldom sets its name; then the class says more. */
function typeOf(error: Error): string {
  const name = safely(() => error.name);
  const own = safely(() => error.constructor.name);
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name;
  return own === undefined || own === '' ? 'Error' : own;
}

function messageOf(error: Error): string {
  const message = safely((): unknown => error.message) ?? '';
  return typeof message === 'string' ? message : (safely(() => inspect(message, { depth: 2 })) ?? '');
}

function stackOf(error: Error, causes: number): string {
  const stack = safely(() => error.stack);
  const own = typeof stack === 'string' && stack !== '' ? stack : `${typeOf(error)}: ${messageOf(error)}`;
  const several = safely((): unknown => (error as AggregateError).errors);
  const inner = [
    ...(Array.isArray(several) ? (several as readonly unknown[]).slice(0, mostCauses) : []),
    ...(error.cause === undefined ? [] : [error.cause]),
  ];
  if (causes === 0 || inner.length === 0) return own;
  const told = inner.map((cause) =>
    isErrorLike(cause) ? stackOf(cause, causes - 1) : failureOfValue(cause).message,
  );
  return [own, ...told.map((text) => `Caused by: ${text}`)].join('\n');
}

function bounded(text: string): string {
  if (text.length <= longestText) return text;
  return `${text.slice(0, longestText)}\n… ${text.length - longestText} characters more`;
}

/** Errors may have getters, and getters may throw. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
