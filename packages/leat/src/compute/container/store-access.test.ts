import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatastoreAccess } from '../../datastore/datastore-access.ts';
import type { After } from './after.ts';
import { StoreAccess } from './store-access.ts';

let folder: string;
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'leat-access-')), 'access');
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

/** A clock that is moved by hand: the call that is due, and when. */
class Clock {
  due: { readonly ms: number; readonly call: () => void } | undefined;
  readonly after: After = (ms, call) => {
    const due = { ms, call };
    this.due = due;
    return () => {
      if (this.due === due) this.due = undefined;
    };
  };
}

const keys = (text: string, renewAt?: number): DatastoreAccess => ({
  environment: { AWS_PROFILE: 'default' },
  files: { credentials: text },
  onLoopback: false,
  ...(renewAt !== undefined && { renewAt }),
});

async function open(given: (() => Promise<DatastoreAccess>) | undefined, clock = new Clock()) {
  const told: string[] = [];
  const places: string[] = [];
  const storeAccess = async (place: string): Promise<DatastoreAccess> => {
    places.push(place);
    return (await given?.()) ?? keys('');
  };
  const context = {
    datastore: 's3://bucket',
    tell: (text: string) => void told.push(text),
    ...(given !== undefined && { storeAccess }),
  };
  const access = await StoreAccess.open({ context, folder, after: clock.after, now: () => 1000 });
  return { access, told, places };
}
const kept = (): string => readFileSync(path.join(folder, 'credentials'), 'utf8');

describe('the way of tasks to a datastore', () => {
  it('is its URL, where the datastore says nothing more', async () => {
    const { access } = await open(undefined);
    expect(access).toMatchObject({ environment: {}, folder: undefined, network: undefined });
  });

  it('is what the datastore says, with the network of this machine where it listens only here', async () => {
    const environment = { AWS_ACCESS_KEY_ID: 'id' };
    const { access, places } = await open(async () => ({ environment, files: {}, onLoopback: true }));
    expect(access).toMatchObject({ environment, folder: undefined, network: 'host' });
    expect(places).toEqual(['/leat/access']);
  });

  it('has secrets in files that any user of a container can read, and renews them in time', async () => {
    const clock = new Clock();
    const given = [keys('old', 61_000), keys('new')];
    const { access } = await open(async () => given.shift() ?? keys('none'), clock);
    expect(access.folder).toBe(folder);
    expect([kept(), statSync(path.join(folder, 'credentials')).mode & 0o444]).toEqual(['old', 0o444]);
    expect(clock.due?.ms).toBe(60_000);
    const { ino } = statSync(folder);
    clock.due?.call();
    await expect.poll(kept).toBe('new');
    // What is mounted is this folder.
    expect(statSync(folder).ino).toBe(ino);
  });

  it('keeps the old ones while there are no new ones, says so, and asks again', async () => {
    const clock = new Clock();
    let asked = 0;
    const { access, told } = await open(async () => {
      asked += 1;
      if (asked === 2) throw new Error('log in again');
      return keys(`${asked}`, 2000);
    }, clock);
    clock.due?.call();
    await expect
      .poll(() => told)
      .toEqual(['the credentials of tasks in containers cannot be renewed: log in again']);
    expect([kept(), clock.due?.ms]).toEqual(['1', 30_000]);
    clock.due?.call();
    await expect.poll(kept).toBe('3');
    access.close();
    expect(clock.due).toBeUndefined();
  });

  it('is refused with the words of the datastore when there are no credentials', async () => {
    await expect(open(async () => Promise.reject(new Error('no credentials')))).rejects.toThrow(
      'no credentials',
    );
  });
});
