/** Tries out where a home keeps things, by real calls: what `leat configure validate` begins with. */
import { randomUUID } from 'node:crypto';
import { openDatastore } from '../datastore/open-datastore.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { withoutPassword } from '../errors/without-password.ts';
import { isLeatError } from '../errors/index.ts';
import type { Home } from '../home/home.ts';
import { enterProfile } from '../home/profile-defaults.ts';
import { metadataExists, openMetadata } from '../metadata/open-metadata.ts';

/** Something that was tried out. */
export interface ProfileCheck {
  /** `queue 'leat-spot'` */
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'failed';
  /** What was found. */
  readonly says: string;
  readonly hint?: string;
}

/** Where the probe is written: beside what runs write, and in the way of none of it. */
const probeKey = (): string => `probes/${randomUUID()}`;

/** Datastore and metadata, one after the other. Never throws for what a call brings. */
export async function* tryStores(home: Home): AsyncGenerator<ProfileCheck> {
  enterProfile(home.profile);
  yield await tried(`datastore ${home.datastore}`, async () => tryDatastore(home));
  yield await tried(`metadata ${withoutPassword(home.metadata)}`, async () => tryMetadata(home));
}

async function tried(what: string, call: () => Promise<string>): Promise<ProfileCheck> {
  try {
    return { what, state: 'ok', says: await call() };
  } catch (error) {
    const hint = isLeatError(error) ? error.hint : undefined;
    const says = error instanceof Error ? error.message : String(error);
    return { what, state: 'failed', says, ...(hint === undefined ? {} : { hint }) };
  }
}

async function tryDatastore({ datastore: url }: Home): Promise<string> {
  if (url.startsWith('file:')) return 'a folder of this machine';
  const since = performance.now();
  const datastore = await openDatastore(url);
  try {
    await probe(datastore);
    return `an object was created, read and deleted in ${Math.round(performance.now() - since)} ms`;
  } finally {
    await datastore.close();
  }
}

/** What runs rest on: an object is created once, read as it was written, and gone when it is deleted. */
async function probe(datastore: Datastore): Promise<void> {
  const key = probeKey();
  const bytes = new TextEncoder().encode(key);
  if (!(await datastore.create(key, [bytes]))) throw new Error('a new object is said to be there already');
  try {
    if (await datastore.create(key, [bytes]))
      throw new Error(
        'an object was created twice: this server ignores If-None-Match, and results would not be safe on it',
      );
    const read = await datastore.get(key);
    if (read === undefined || Buffer.compare(read, bytes) !== 0)
      throw new Error('an object was read otherwise than written');
  } finally {
    await datastore.delete([key]);
  }
}

async function tryMetadata({ metadata: place, shared }: Home): Promise<string> {
  if (!shared && !metadataExists(place)) return 'a file of this project; the first run makes it';
  const metadata = await openMetadata(place);
  try {
    const newest = await metadata.runs({ limit: 1 });
    return newest[0] === undefined
      ? 'opened; there are no runs yet'
      : `opened; the newest run is ${newest[0].flow}/${newest[0].id}`;
  } finally {
    await metadata.close();
  }
}
