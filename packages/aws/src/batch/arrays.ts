/** Attempts → arrays. Pure. */
import { createHash } from 'node:crypto';
import type { AttemptRequest } from 'leat/compute';

/** Batch's own limits on the size of an array; a single attempt is a plain job. */
export const arrayLimits: { readonly least: 2; readonly most: 10_000 } = { least: 2, most: 10_000 };

/** Attempts that are alike to Batch and go there with one call. */
export interface Group {
  /** The name of the job: always the same for the same attempts. */
  readonly name: string;
  /** In the order of the array's indexes. */
  readonly requests: readonly AttemptRequest[];
}

/** What makes attempts alike: all that a job's definition and the call that sends it depend on, and whose they are. */
function likeness({ spec, resources, options, timeoutSeconds, chunk }: AttemptRequest): string {
  const { cpu, memory, gpu, disk } = resources;
  // A chunk's time is that of all of its members.
  const time = timeoutSeconds === undefined ? undefined : [timeoutSeconds, chunk?.members.length ?? 1];
  return JSON.stringify([spec.flow, spec.run, spec.step, cpu, memory, gpu, disk, options, time]);
}

/**
 * Groups attempts by likeness and cuts the groups into arrays. The same attempts always come to the same groups with the same names, so
 * that what may have been sent already is recognised.
 *
 * @param most size of the largest array
 */
export function groupAttempts(
  requests: readonly AttemptRequest[],
  most: number = arrayLimits.most,
): readonly Group[] {
  const groups: Group[] = [];
  for (const alike of Map.groupBy(requests, likeness).values()) {
    for (let from = 0; from < alike.length; from += most) {
      const part = alike.slice(from, from + most);
      groups.push({ name: jobName(part), requests: part });
    }
  }
  return groups;
}

/** Longest name of a job. */
const longestName = 128;

/** `leat-TrainFlow-417-train-` and 20 digits that stand for the tokens: for people, and unique. Batch takes letters, digits, `-` and `_`. */
function jobName(requests: readonly AttemptRequest[]): string {
  const hash = createHash('sha256');
  for (const { token } of requests) hash.update(`${token}\n`);
  const unique = hash.digest('hex').slice(0, 20);
  const spec = requests[0]?.spec;
  const told = `leat-${spec?.flow}-${spec?.run}-${spec?.step}`.replaceAll(/[^\w-]/g, '_');
  return `${told.slice(0, longestName - unique.length - 1)}-${unique}`;
}
