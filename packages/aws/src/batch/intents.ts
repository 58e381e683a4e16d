/**
 * What is about to be sent to Batch, recorded before it is: Batch has no token that would make a call safe to repeat. An intent tells under
 * which name the job would be found, and which attempts are in it. Intents lie in the run's own folder, and go with it.
 */
import type { RunName } from 'leat/compute';
import type { Datastore } from 'leat/datastore';
import { runPrefix } from 'leat/datastore';

/** See the file's header. */
export interface Intent {
  readonly version: 1;
  /** Name of the job. */
  readonly name: string;
  readonly queue: string;
  /** Attempts in the order of the array's indexes; one: no array. */
  readonly tokens: readonly string[];
}

const intentPrefix = ({ flow, run }: RunName): string => `${runPrefix(flow, run)}intents/`;

/** Intents that are read at once. */
const readAtOnce = 16;

/** Records an intent; `false`: it was recorded before, so it may have been carried out. */
export async function recordIntent(store: Datastore, run: RunName, intent: Intent): Promise<boolean> {
  return store.create(`${intentPrefix(run)}${intent.name}`, [Buffer.from(JSON.stringify(intent))]);
}

/** The intents of a run that some of these attempts are in, the newest first. Reads no further than it must. */
export async function findIntents(
  store: Datastore,
  run: RunName,
  tokens: readonly string[],
): Promise<readonly Intent[]> {
  const wanted = new Set(tokens);
  const facts = await Array.fromAsync(store.list(intentPrefix(run)));
  const keys = facts.toSorted((a, b) => b.modifiedAt - a.modifiedAt).map(({ key }) => key);
  const found: Intent[] = [];
  for (let from = 0; from < keys.length && wanted.size > 0; from += readAtOnce) {
    const part = await Promise.all(
      keys.slice(from, from + readAtOnce).map(async (key) => parse(await store.get(key))),
    );
    for (const intent of part) {
      const own = intent?.tokens.filter((token) => wanted.delete(token)) ?? [];
      if (intent !== undefined && own.length > 0) found.push(intent);
    }
  }
  return found;
}

/** One that is gone, or that another version has written, is none. */
function parse(bytes: Uint8Array | undefined): Intent | undefined {
  if (bytes === undefined) return undefined;
  const intent = JSON.parse(Buffer.from(bytes).toString('utf8')) as Intent;
  return (intent.version as number) === 1 ? intent : undefined;
}
