import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { datastoreConformance } from '@leat/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leatError } from '../leat-error.fixture.ts';
import { openFsDatastore } from './fs-datastore.ts';
import { publishByClaim } from './publish-new.ts';
import { temporaryName } from './temporary-name.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
let root = '';

beforeEach(() => {
  root = fs.mkdtempSync(path.join(tmpdir(), 'leat-store-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

// Waiting for a busy disk takes as long as it takes.
for (const durable of [false, true]) {
  describe(`a folder${durable ? ', durable,' : ''} keeps every promise of a datastore`, () => {
    for (const { name, run } of datastoreConformance) {
      it(
        name,
        async () => {
          const connect = async () => openFsDatastore(path.join(root, 'store'), { durable });
          await run({ store: await connect(), connect });
        },
        60_000,
      );
    }
  });
}

describe('a folder as a datastore', () => {
  it('is opened by its url again, also when the path needs escaping', async () => {
    const store = openFsDatastore(path.join(root, 'a b %20 ü'));
    await store.put('k', [bytes('v')]);
    expect(openFsDatastore(store.url).getSync('k')).toEqual(Buffer.from('v'));
  });

  it('is not made before the first write', async () => {
    const store = openFsDatastore(path.join(root, 'later'));
    expect(await store.get('a')).toBeUndefined();
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    expect(fs.existsSync(path.join(root, 'later'))).toBe(false);
  });

  it('lets exactly one of several processes create an object', async () => {
    const script = `
      import { openFsDatastore } from ${JSON.stringify(new URL('fs-datastore.ts', import.meta.url).href)};
      const store = openFsDatastore(process.argv[1]);
      while (Date.now() < Number(process.argv[2]));
      const won = [];
      for (let n = 0; n < 300; n++) if (store.createSync('race/' + n, [Buffer.from(process.argv[3])])) won.push(n);
      console.log(JSON.stringify(won));`;
    const start = String(Date.now() + 1500);
    const runs = ['a', 'b', 'c', 'd'].map(async (name) => {
      const args = ['--input-type=module', '-e', script, root, start, name];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return (JSON.parse(stdout) as number[]).map((key) => ({ key, name }));
    });
    const wins = (await Promise.all(runs)).flat();
    expect(wins.map(({ key }) => key).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
    for (const { key, name } of wins)
      expect(fs.readFileSync(path.join(root, 'race', String(key)), 'utf8')).toBe(name);
    expect(fs.readdirSync(path.join(root, 'race'))).toHaveLength(300);
  });

  it('shows and keeps nothing of a writer that was killed half-way, and sweeps what it left', async () => {
    const store = openFsDatastore(root);
    await store.put('runs/F/1/task@0.json', [bytes('whole')]);
    const left = path.join(root, 'runs/F/1', temporaryName());
    fs.writeFileSync(left, 'half a mani');
    expect(await Array.fromAsync(store.list('runs/'), ({ key }) => key)).toEqual(['runs/F/1/task@0.json']);
    expect(await store.sweepTemporary({ olderThan: Date.now() - 60_000, dryRun: false })).toEqual({
      objects: 0,
      bytes: 0,
    });
    fs.utimesSync(left, 1, 1);
    const olderThan = Date.now() - 60_000;
    expect(await store.sweepTemporary({ olderThan, dryRun: true })).toEqual({ objects: 1, bytes: 11 });
    expect(fs.existsSync(left)).toBe(true);
    expect(await store.sweepTemporary({ olderThan, dryRun: false })).toEqual({ objects: 1, bytes: 11 });
    expect(fs.existsSync(left)).toBe(false);
    expect(await store.get('runs/F/1/task@0.json')).toEqual(Buffer.from('whole'));
  });

  it('sweeps at once what a process of this machine has left that is dead, and nothing of one that lives or is elsewhere', async () => {
    const store = openFsDatastore(root);
    const script = `
      import { temporaryName } from ${JSON.stringify(new URL('temporary-name.ts', import.meta.url).href)};
      console.log(temporaryName());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const [dead, own] = [stdout.trim(), temporaryName()];
    const elsewhere = dead.replace(/^\.leat-tmp-[\da-f]+/, '.leat-tmp-0123456789ab');
    for (const folder of ['runs/F/1', 'runs/F/2', 'blobs']) {
      fs.mkdirSync(path.join(root, folder), { recursive: true });
      for (const name of [dead, own, elsewhere]) fs.writeFileSync(path.join(root, folder, name), 'half');
    }
    const swept = await store.sweepTemporary({ olderThan: 0, dryRun: false, under: ['runs/F/1/', 'blobs/'] });
    expect(swept).toEqual({ objects: 2, bytes: 8 });
    const left = (folder: string): string[] => fs.readdirSync(path.join(root, folder)).toSorted();
    expect(left('runs/F/1')).toEqual([own, elsewhere].toSorted());
    expect(left('blobs')).toEqual([own, elsewhere].toSorted());
    expect(left('runs/F/2')).toHaveLength(3);
  });

  it('writes blobs above the folders that they are spread over, with one writer of each, and streams too', async () => {
    const store = openFsDatastore(root);
    const seen: string[] = [];
    async function* source(): AsyncIterable<Uint8Array> {
      seen.push(...fs.readdirSync(path.join(root, 'blobs')));
      yield bytes('x');
    }
    await store.putStream('blobs/aa/x', source());
    expect(seen).toEqual([expect.stringContaining('.leat-tmp-')]);
    await store.put('blobs/ab/x', [bytes('x')]);
    store.putSync('blobs/ac/x', [bytes('x')]);
    expect(await store.create('blobs/ad/x', [bytes('x')])).toBe(true);
    expect([store.createSync('blobs/ae/x', []), store.createSync('blobs/ae/x', [])]).toEqual([true, false]);
    expect(fs.readdirSync(path.join(root, 'blobs'))).toEqual(['aa', 'ab', 'ac', 'ad', 'ae']);
  });

  it('refuses keys that look like an object in the making', async () => {
    await expect(openFsDatastore(root).put(temporaryName(), [])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('writes objects that nobody can change by mistake, and logs that can grow', async () => {
    const store = openFsDatastore(root);
    await store.put('object', [bytes('x')]);
    await store.append('log', bytes('x'));
    expect(fs.statSync(path.join(root, 'object')).mode & 0o222).toBe(0);
    expect(fs.statSync(path.join(root, 'log')).mode & 0o200).toBe(0o200);
  });

  it('removes folders that delete has emptied, and no other', async () => {
    const store = openFsDatastore(root);
    for (const key of ['blobs/ab/1', 'blobs/cd/2']) await store.put(key, [bytes('x')]);
    await store.delete(['blobs/ab/1']);
    expect(fs.readdirSync(path.join(root, 'blobs'))).toEqual(['cd']);
    await store.delete(['blobs/cd/2']);
    expect(fs.readdirSync(root)).toEqual([]);
  });

  it('writes on while another process keeps removing the empty folder', async () => {
    const store = openFsDatastore(root);
    for (let round = 0; round < 200; round++) {
      await Promise.all([
        store.put(`gc/${round % 2}/a`, [bytes('x')]),
        store.delete([`gc/${(round + 1) % 2}/a`]),
      ]);
    }
    expect(store.getSync('gc/1/a')).toEqual(Buffer.from('x'));
  });

  it.each([
    ['a file where a folder is needed', 'ENOTDIR', (at: string) => fs.writeFileSync(at, '')],
    ['a name that is too long', 'ENAMETOOLONG', () => undefined],
  ])('says what to do about %s', async (_what, code, prepare) => {
    prepare(path.join(root, 'runs'));
    const key = code === 'ENAMETOOLONG' ? `runs/${'x'.repeat(300)}` : 'runs/F/1';
    const write = openFsDatastore(root).put(key, [bytes('x')]);
    await expect(write).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { code, path: path.join(root, key) },
    });
    await expect(write).rejects.toThrow(`cannot write '${path.join(root, key)}'`);
    expect(() => openFsDatastore(root).createSync(key, [])).toThrow(
      leatError('STORE_UNAVAILABLE', `cannot write '${path.join(root, key)}'`),
    );
  });

  it('says that the disk is full', async () => {
    const full = openFsDatastore(root);
    fs.symlinkSync('/dev/full', path.join(root, 'log'));
    await expect(full.append('log', bytes('x'))).rejects.toMatchObject({ details: { code: 'ENOSPC' } });
  });
});

describe('publishing where the file system has no hard links', () => {
  const publish = (name: string): boolean => {
    const temporary = path.join(root, temporaryName());
    fs.writeFileSync(temporary, name);
    return publishByClaim(temporary, path.join(root, 'target'), 1_000);
  };

  it('publishes once, and leaves nothing else behind', () => {
    expect([publish('a'), publish('b')]).toEqual([true, false]);
    expect(fs.readFileSync(path.join(root, 'target'), 'utf8')).toBe('a');
    expect(fs.readdirSync(root)).toEqual(['target']);
  });

  it('takes over the claim of a process that died', () => {
    const claim = path.join(root, '.leat-tmp-claim-target');
    fs.mkdirSync(claim);
    fs.utimesSync(claim, 1, 1);
    expect(publish('a')).toBe(true);
    expect(fs.readdirSync(root)).toEqual(['target']);
  });
});
