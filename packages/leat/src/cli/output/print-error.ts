/**
 * Errors as the user sees them: what happened, where, what to do. Stacks of ours are shown for defects of ours only.
 */
import { isLeatError, LeatError } from '../../errors/index.ts';
import type { Output } from './terminal.ts';

function causeLine(error: LeatError): string[] {
  const cause = error.cause;
  if (!(cause instanceof Error) || error.message.includes(cause.message)) return [];
  return [`  because: ${cause.message}`];
}

/** The lines of an error, for people. */
export function errorLines(error: LeatError, out: Pick<Output, 'style'>): string[] {
  const place = error.place;
  return [
    `${out.style(['red', 'bold'], 'error')} ${out.style('dim', error.code)} ${error.message}`,
    ...(place === undefined
      ? []
      : [`  at ${out.style('cyan', `${place.file}:${place.line}:${place.column}`)}`]),
    ...(error.frame === undefined ? [] : ['', ...error.frame.split('\n').map((line) => `  ${line}`), '']),
    ...causeLine(error),
    ...(error.hint === undefined
      ? []
      : error.hint
          .split('\n')
          .map((line, i) => `  ${i === 0 ? `${out.style('green', 'fix')}: ` : '     '}${line}`)),
  ];
}

/** The same for machines: one JSON document. */
export function errorJson(error: LeatError): Record<string, unknown> {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.place === undefined ? {} : { place: error.place }),
      ...(error.details === undefined ? {} : { details: error.details }),
    },
  };
}

/** Whatever was thrown, as a {@link LeatError}: what is not one already is a defect of Leat. */
export function asLeatError(thrown: unknown): LeatError {
  if (isLeatError(thrown)) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return new LeatError('INTERNAL', error.message, {
    cause: error,
    hint: `This is a defect of Leat; please report it with the lines below.\n${error.stack ?? ''}`,
  });
}
