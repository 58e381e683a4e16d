import { type ErrorCode, errorCodes, type ExitCode } from './codes.ts';

/** A place in the user's code, as an editor counts: lines and columns start at 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What an error carries besides its message. */
export interface LeatErrorFacts {
  /** What to do about it, in one or a few sentences. */
  readonly hint?: string | undefined;
  /** Where in the user's code. */
  readonly place?: SourcePlace | undefined;
  /** The source lines around `place`, ready to print. */
  readonly frame?: string | undefined;
  readonly cause?: unknown;
  /** Facts for machines (`--json`): plain JSON data. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

const brand = Symbol.for('leat.error');

/**
 * The one class of errors that Leat throws at its users. `message` says what happened, `place` where, `hint` what to do.
 * Tell errors apart by `code`; {@link isLeatError} works over package and process borders where `instanceof` does not.
 *
 * @example throw new LeatError('NOT_FOUND', "there is no run 'TrainFlow/9'", { hint: 'leat list runs TrainFlow' });
 */
export class LeatError extends Error {
  // Bundles shorten names, and this one is shown.
  static {
    Object.defineProperty(this, 'name', { value: 'LeatError' });
  }

  override readonly name = 'LeatError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly place: SourcePlace | undefined;
  readonly frame: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, facts: LeatErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.hint = facts.hint;
    this.place = facts.place;
    this.frame = facts.frame;
    this.details = facts.details;
    Object.defineProperty(this, brand, { value: true });
  }

  /** The exit code of a process that ends with this error. */
  get exitCode(): ExitCode {
    return errorCodes[this.code].exitCode;
  }
}

/** Whether a value is a {@link LeatError}, also one made by another copy of this package. */
export function isLeatError(value: unknown): value is LeatError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
}
