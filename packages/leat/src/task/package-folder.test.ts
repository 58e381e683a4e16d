import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Datastore } from '../datastore/datastore.ts';
import { openFsDatastore } from '../datastore/fs/index.ts';
import type { CodePackage } from '../package/code-package.ts';
import { FlowFolder } from '../package/flow-folder.fixture.ts';
import { ownPlatform } from '../package/native/platform.ts';
import { storeArchive } from '../package/portable/store-package.ts';
import { packageFolder } from './package-folder.ts';

let folder: FlowFolder;
let built: CodePackage;
let shared: string;
let calls: string[];
let store: Datastore;

beforeEach(async () => {
  folder = new FlowFolder();
  folder.write('package.json', '{ "type": "module" }');
  folder.write('data.txt', 'data');
  folder.write(
    'flow.ts',
    "import { readFileSync } from 'node:fs';\nexport default () => readFileSync(new URL('./data.txt', import.meta.url), 'utf8');",
  );
  built = await folder.build();
  shared = join(folder.path, 'shared');
  mkdirSync(shared);
  const local = openFsDatastore(join(folder.path, 'store'));
  await storeArchive(local, built, {
    platform: ownPlatform(),
    limitMb: 10,
    cacheDir: join(folder.path, 'cache'),
  });
  calls = [];
  // As a store on another machine is: no object of it has a path here.
  store = new Proxy<Datastore>(local, {
    get: (target, name: keyof Datastore) => {
      if (name === 'localPath') return () => undefined;
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        calls.push(name);
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
});
afterEach(() => folder.dispose());

describe('the package of a task far from its datastore', () => {
  it('is fetched with one request, once for all tasks of a machine', async () => {
    const first = await packageFolder(store, built.hash, shared);
    expect(calls).toEqual(['getStream']);
    expect(readFileSync(join(first, 'files/data.txt'), 'utf8')).toBe('data');
    expect(await packageFolder(store, built.hash, shared)).toBe(first);
    expect(calls).toEqual(['getStream']);
  });

  it('is whole for each of many tasks that begin at once', async () => {
    const folders = await Promise.all(
      Array.from({ length: 8 }, async () => packageFolder(store, built.hash, shared)),
    );
    expect(new Set(folders).size).toBe(1);
    expect(readdirSync(shared)).toEqual([built.hash]);
    expect(readdirSync(folders[0] ?? '')).toContain('flow.js');
  });

  it('leaves nothing behind when it is missing or damaged', async () => {
    await expect(packageFolder(store, 'unknown', shared)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    const key = `packages/${built.hash}/${ownPlatform()}.archive`;
    await store.put(key, [Buffer.from('damaged')]);
    await expect(packageFolder(store, built.hash, shared)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(readdirSync(shared)).toEqual([]);
  });
});
