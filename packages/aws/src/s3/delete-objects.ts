import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Api } from './api.ts';
import { waitBefore } from './http/retry.ts';
import { listNames } from './list-objects.ts';
import { parsePartName } from './log/log-parts.ts';
import { logsPrefix, objectName } from './object-key.ts';
import { s3Error } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';

/** As many as one request may name. */
const keysAtOnce = 1000;
/** One answer may say of some objects that they could not be removed just now. */
const mostTries = 8;

/** Removes objects, and what logs have in parts. */
export async function deleteKeys(api: S3Api, location: S3Location, keys: readonly string[]): Promise<void> {
  const names = keys.map((key) => objectName(location, key));
  for (let first = 0; first < keys.length; first += keysAtOnce) {
    await deleteNames(api, names.slice(first, first + keysAtOnce));
    await deleteParts(api, location, keys.slice(first, first + keysAtOnce));
  }
}

/** Removes objects by the names that they have in the bucket. */
export async function deleteNames(api: S3Api, names: readonly string[]): Promise<void> {
  for (let first = 0; first < names.length; first += keysAtOnce)
    await deleteBatch(api, names.slice(first, first + keysAtOnce));
}

async function deleteBatch(api: S3Api, names: readonly string[]): Promise<void> {
  let left = names;
  for (let tries = 1; left.length > 0; tries += 1) {
    const failed = await api.deleteAll(left);
    const [one] = failed;
    if (one === undefined) return;
    if (tries === mostTries)
      throw s3Error(`delete '${one.name}'`, { status: undefined, code: one.code, message: '', tries });
    left = failed.map(({ name }) => name);
    await sleep(waitBefore(tries + 1, { status: undefined, code: '' }, Math.random()));
  }
}

/** Few logs have parts: one look for all keys finds them. */
async function deleteParts(api: S3Api, location: S3Location, keys: readonly string[]): Promise<void> {
  const wanted = new Set(keys);
  const common = keys.length === 1 ? `${keys[0] ?? ''}!` : commonStart(keys);
  let found: string[] = [];
  for await (const { name } of listNames(api, location.prefix + logsPrefix + common)) {
    if (!wanted.has(parsePartName(location, name)?.key ?? '')) continue;
    found.push(name);
    if (found.length < keysAtOnce) continue;
    await deleteBatch(api, found);
    found = [];
  }
  await deleteBatch(api, found);
}

/** What all of some texts begin with. */
function commonStart(texts: readonly string[]): string {
  const [first = ''] = texts;
  let length = first.length;
  for (const text of texts) while (!text.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
