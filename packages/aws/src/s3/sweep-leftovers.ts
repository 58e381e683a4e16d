import type { TemporarySweep } from 'leat/datastore';
import type { S3Api, S3Object } from './api.ts';
import { deleteNames } from './delete-objects.ts';
import { listNames } from './list-objects.ts';
import { logId, parsePartName } from './log/log-parts.ts';
import { logsPrefix, objectName } from './object-key.ts';
import type { S3Location } from './s3-location.ts';

/** What was, or would be, removed. */
export interface SweptLeftovers {
  objects: number;
  bytes: number;
}

/** Removes what killed writers have left: uploads that never ended, and parts of logs that are gone. */
export async function sweepLeftovers(
  api: S3Api,
  location: S3Location,
  { olderThan, dryRun, under = [''] }: TemporarySweep,
): Promise<SweptLeftovers> {
  const swept = { objects: 0, bytes: 0 };
  // Nothing tells that the writer of something young is dead.
  if (olderThan <= 0) return swept;
  for (const prefix of under) {
    await sweepUploads(api, location.prefix + prefix, { olderThan, dryRun }, swept);
    await sweepParts(api, location, prefix, { olderThan, dryRun, swept });
  }
  return swept;
}

async function sweepUploads(
  api: S3Api,
  prefix: string,
  { olderThan, dryRun }: Pick<TemporarySweep, 'olderThan' | 'dryRun'>,
  swept: SweptLeftovers,
): Promise<void> {
  for await (const { name, id, startedAt } of api.uploads(prefix)) {
    if (startedAt >= olderThan) continue;
    swept.objects += 1;
    if (!dryRun) await api.abortUpload(name, id);
  }
}

interface PartSweep extends Pick<TemporarySweep, 'olderThan' | 'dryRun'> {
  readonly swept: SweptLeftovers;
}

async function sweepParts(api: S3Api, location: S3Location, prefix: string, sweep: PartSweep): Promise<void> {
  const lives = new LivingLogs(api, location);
  for await (const part of listNames(api, location.prefix + logsPrefix + prefix)) {
    const place = parsePartName(location, part.name);
    if (place === undefined || part.modifiedAt >= sweep.olderThan || (await lives.has(place))) continue;
    await remove(api, part, sweep);
  }
}

async function remove(api: S3Api, { name, size }: S3Object, { dryRun, swept }: PartSweep): Promise<void> {
  swept.objects += 1;
  swept.bytes += size;
  if (!dryRun) await deleteNames(api, [name]);
}

/** Which logs are there; parts of one log follow one another, so the last answer is kept. */
class LivingLogs {
  readonly #api: S3Api;
  readonly #location: S3Location;
  #key = '';
  #id: string | undefined;

  constructor(api: S3Api, location: S3Location) {
    this.#api = api;
    this.#location = location;
  }

  async has({ key, id }: { readonly key: string; readonly id: string }): Promise<boolean> {
    if (key !== this.#key) {
      this.#id = logId((await this.#api.head(objectName(this.#location, key)))?.metadata ?? {});
      this.#key = key;
    }
    return this.#id === id;
  }
}
