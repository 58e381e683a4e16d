/** What every store refuses, in the same words. */
import { LeatError } from '../errors/index.ts';

interface Address {
  readonly flow: string;
  readonly run: string;
}

/** `NOT_FOUND`: there is no such run. */
export const noSuchRun = ({ flow, run }: Address): LeatError =>
  new LeatError('NOT_FOUND', `there is no run '${flow}/${run}'`, { hint: `leat list runs ${flow}` });

/** `LEASE_LOST`: somebody else, or nobody, has the right to drive a run; `until` when it ends, where that is known. */
export function leaseLost(
  { flow, run }: Address,
  owner: string | null | undefined,
  until?: number,
): LeatError {
  const who = typeof owner === 'string' ? `'${owner}' holds it` : 'nobody holds it: it was given back';
  return new LeatError('LEASE_LOST', `the right to drive '${flow}/${run}' is not ours: ${who}`, {
    hint: `Follow the run with: leat show ${flow}/${run}. If that engine is dead, leat recover ${flow}/${run} takes over once its lease has run out, and with --force at once.`,
    details: { flow, run, owner: owner ?? undefined, ...(until === undefined ? {} : { until }) },
  });
}

/** What is wrong with a database, and what to do. */
export interface Explanation {
  readonly what: string;
  readonly hint: string;
}

/** `METADATA_UNAVAILABLE` of an error of a database; `where` as in `in 'FILE'`. */
export const unavailable = (
  where: string,
  { what, hint }: Explanation,
  facts: { readonly cause: unknown; readonly details: Readonly<Record<string, unknown>> },
): LeatError => new LeatError('METADATA_UNAVAILABLE', `the metadata ${where} ${what}`, { hint, ...facts });
