/**
 * How a log that grows lies in a store whose objects cannot: its first bytes in the object of its key, and when that is full the rest
 * in parts, each named by where in the log it begins. A part may begin where another one does that holds less: what stands at a
 * place of a log never changes, so any of them is right. Small logs, nearly all, are one object, read like any other.
 */
import type { Metadata, S3Api } from '../api.ts';
import { logsPrefix } from '../object-key.ts';
import type { S3Location } from '../s3-location.ts';

const idMark = 'leat-log';
const grownMark = 'leat-log-parts';
const startDigits = 16;

/** One part of a log. */
export interface LogPart {
  readonly name: string;
  /** Where in the log it begins, in bytes. */
  readonly start: number;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** What the first object of a log carries: a mark that no other log has, not one of the same name that is gone either. */
export const logMetadata = (id: string, grown: boolean): Metadata => ({
  [idMark]: id,
  ...(grown && { [grownMark]: 'yes' }),
});

/** The mark of a log; `undefined` for what is no log. */
export const logId = (metadata: Metadata): string | undefined => metadata[idMark];

/** The mark of a log that has parts; `undefined` for every other object. */
export const grownLogId = (metadata: Metadata): string | undefined =>
  metadata[grownMark] === undefined ? undefined : metadata[idMark];

/** Before the names of all parts of a log, and of those that had the same key. `!` sorts before what keys go on with. */
const partsOfKey = ({ prefix }: S3Location, key: string): string => `${prefix}${logsPrefix}${key}!`;

export const partName = (
  location: S3Location,
  { key, id }: { key: string; id: string },
  start: number,
): string => `${partsOfKey(location, key)}${id}/${String(start).padStart(startDigits, '0')}`;

/** The key of a log, its mark, and where a part of it begins; `undefined` for what is no part. */
export function parsePartName(
  { prefix }: S3Location,
  name: string,
): { readonly key: string; readonly id: string; readonly start: number } | undefined {
  const base = prefix + logsPrefix;
  const [, key, id, start] = /^(.*)!([^!/]+)\/(\d{16})$/s.exec(name.slice(base.length)) ?? [];
  if (!name.startsWith(base) || key === undefined || id === undefined) return undefined;
  return { key, id, start: Number(start) };
}

/** The parts of a log, in order, without those whose bytes all stand in one before. */
export async function listParts(
  api: S3Api,
  location: S3Location,
  log: { readonly key: string; readonly id: string },
): Promise<readonly LogPart[]> {
  const parts: LogPart[] = [];
  const prefix = partName(location, log, 0).slice(0, -startDigits);
  let token: string | undefined;
  do {
    const page = await api.list(prefix, token);
    for (const { name, size, modifiedAt } of page.objects)
      parts.push({ name, start: Number(name.slice(prefix.length)), size, modifiedAt });
    token = page.next;
  } while (token !== undefined);
  return withoutCovered(parts.toSorted((one, other) => one.start - other.start));
}

function withoutCovered(parts: readonly LogPart[]): readonly LogPart[] {
  let end = -1;
  return parts.filter(({ start, size }) => {
    if (start + size <= end) return false;
    end = start + size;
    return true;
  });
}
