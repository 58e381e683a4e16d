import { LeatError } from 'leat/datastore';
import type { S3Api } from './api.ts';
import { createObject } from './create-object.ts';
import { ownPrefix } from './object-key.ts';
import { unconditional } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';

/** Says that this is a datastore of Leat; that it cannot be created twice is what is looked at. */
const markName = `${ownPrefix}datastore.txt`;
const markText =
  'A datastore of Leat. Leat creates this object once, to see that it cannot be created twice.\n';

/**
 * Whether the server keeps to `If-None-Match`: of two copies of an attempt both would commit otherwise. One request, but for the
 * first time.
 *
 * @throws LeatError STORE_UNAVAILABLE when it does not, and when it cannot be asked
 */
export async function checkConditions(api: S3Api, location: S3Location): Promise<void> {
  const name = location.prefix + markName;
  const body = [Buffer.from(markText)];
  if (!(await createObject(api, name, body))) return;
  if (!(await createObject(api, name, body))) return;
  throw new LeatError(
    'STORE_UNAVAILABLE',
    `'${location.url}' cannot be a datastore: its server takes no notice of If-None-Match, and creates an object twice`,
    { hint: unconditional },
  );
}
