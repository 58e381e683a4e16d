import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findIntents, type Intent, recordIntent, resolveIntents } from './intents.ts';

const run = { flow: 'TestFlow', run: '1' };
let folder = '';
let store: Datastore;
let reads = 0;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-intents-'));
  const files = await openDatastore(pathToFileURL(folder).href);
  reads = 0;
  store = new Proxy(files, {
    get: (target, name: keyof Datastore) => {
      if (name === 'get') reads += 1;
      const value: unknown = target[name];
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
    },
  });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** As an attempt's: 32 hex digits. */
const token = (number: number): string => number.toString(16).padStart(8, '0').repeat(4);
const tokens = (from: number, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => token(from + at));

const intent = (name: string, of: readonly string[]): Intent => ({
  version: 1,
  name,
  queue: 'main',
  tokens: of,
});

const named = async (of: readonly string[]): Promise<readonly string[]> =>
  (await findIntents(store, run, of)).map(({ name }) => name).toSorted();

describe('the intents of attempts', () => {
  test('are all that have one of them, and none of another run', async () => {
    await recordIntent(store, run, intent('one', tokens(1, 3)));
    await recordIntent(store, run, intent('two', tokens(2, 2)));
    await recordIntent(store, run, intent('large', tokens(2, 500)));
    expect(await named([token(1)])).toEqual(['one']);
    expect(await named([token(2)])).toEqual(['large', 'one', 'two']);
    expect(await findIntents(store, { ...run, run: '2' }, [token(1)])).toEqual([]);
  });

  test('are the only ones that are read, but for those of large arrays', async () => {
    for (let at = 0; at < 40; at += 1)
      await recordIntent(store, run, intent(`small-${at}`, tokens(at * 10, 2)));
    await recordIntent(store, run, intent('large', tokens(10_000, 500)));
    expect(await named([token(50)])).toEqual(['small-5']);
    expect(reads).toBe(2);
    expect(await named([token(999_999)])).toEqual([]);
    expect(reads).toBe(3);
  });

  test('are recorded once', async () => {
    expect(await recordIntent(store, run, intent('one', tokens(1, 3)))).toBe(true);
    expect(await recordIntent(store, run, intent('one', tokens(1, 3)))).toBe(false);
  });

  test('have names that a folder takes, whatever the name of the flow', async () => {
    await recordIntent(store, run, intent('n'.repeat(128), tokens(1, 12)));
    expect(await named([token(12)])).toEqual(['n'.repeat(128)]);
  });
});

describe('what became of attempts', () => {
  // The newest first.
  const newest = intent('newest', ['a', 'b']);
  const older = intent('older', ['a', 'b', 'c']);
  const other = intent('other', ['d']);

  async function resolve(
    wanted: readonly string[],
    carriedOut: readonly Intent[],
    listedLate: readonly Intent[] = [],
  ) {
    const asked: string[] = [];
    const found: string[] = [];
    const awaited: string[] = [];
    await resolveIntents(wanted, [newest, older, other], {
      find: async (one) => {
        asked.push(one.name);
        return carriedOut.includes(one) ? one.name : undefined;
      },
      awaitListed: async (one) => {
        // All others have been looked for by then.
        awaited.push(`${one.name} after ${found.join(' ')}`);
        await Promise.resolve();
        return listedLate.includes(one) ? one.name : undefined;
      },
      take: (job) => found.push(job),
    });
    return { asked, found, awaited };
  }

  test('the newest that was carried out counts, and older ones are not asked about', async () => {
    expect(await resolve(['a', 'b'], [newest, older])).toMatchObject({
      asked: ['newest'],
      found: ['newest'],
    });
  });

  test('an intent that was not carried out hides no older one that was', async () => {
    expect(await resolve(['a', 'b'], [older])).toMatchObject({
      asked: ['newest', 'older'],
      found: ['older'],
    });
  });

  test('what is listed late is waited for when all others were found, and its older intents are not asked about', async () => {
    const { asked, found, awaited } = await resolve(['a', 'b', 'd'], [other], [newest]);
    expect({ asked, found, awaited }).toEqual({
      asked: ['newest', 'other'],
      found: ['other', 'newest'],
      awaited: ['newest after other'],
    });
  });

  test('those that were never sent are in none', async () => {
    expect((await resolve(['a', 'b', 'd', 'e'], [])).found).toEqual([]);
    expect((await resolve(['e'], [newest, older])).asked).toEqual([]);
  });

  test('attempts of several jobs are found in each', async () => {
    const { found } = await resolve(['a', 'c', 'd'], [newest, older, other]);
    expect(found.toSorted()).toEqual(['newest', 'older', 'other']);
  });
});
