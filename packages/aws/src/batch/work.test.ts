import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LayerContext } from 'leat/compute';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { groupAttempts } from './arrays.ts';
import { requestOf } from './requests.fixture.ts';
import { Work } from './work.ts';

let folder = '';
let store: Datastore;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-work-'));
  store = await openDatastore(pathToFileURL(path.join(folder, 'store')).href);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const group = (count = 1) => {
  const [only] = groupAttempts(Array.from({ length: count }, () => requestOf()));
  if (only === undefined) throw new Error('no group');
  return only;
};

function contextOf(): LayerContext {
  const file = path.join(folder, 'tool.cjs');
  writeFileSync(file, '// a tool');
  return {
    datastore: 's3://bucket/leat',
    package: 'p',
    runner: file,
    tools: { agent: file, runner: file, program: file },
    storeTools: async () => ({ prefix: 'tools/none/', files: [] }),
    nodeFile: async () => process.execPath,
    storePackage: async (platform) => ({ key: 'package', platform, size: 1, unpackedSize: 1, files: 1 }),
    packageCopy: async () => folder,
  };
}

/** Work in a folder, whose links are what `sign` says. */
function workWith(sign: (key: string) => string): Work {
  // As S3 does; a folder has no links.
  const linking = Object.assign(store, { link: async (key: string) => sign(key) });
  return new Work({ context: contextOf(), store: linking, platform: 'linux-x64', region: 'us-east-1' });
}

const lengthOf = (environment: Readonly<Record<string, string>>): number =>
  JSON.stringify({ environment: Object.entries(environment).map(([name, value]) => ({ name, value })) })
    .length;

test('each group gets links that are signed when it is sent, to tools that are stored once', async () => {
  const keys: string[] = [];
  const work = workWith((key) => `https://store/${keys.push(key)}`);
  const first = await work.store(group());
  const second = await work.store(group());
  expect(JSON.stringify(first)).toContain('https://store/1');
  expect(JSON.stringify(second)).toContain('https://store/2');
  expect(new Set(keys).size).toBe(1);
});

test('tools that were removed are stored again for the group after the job that missed them', async () => {
  const keys: string[] = [];
  const work = workWith((key) => {
    keys.push(key);
    return `https://store/${key}`;
  });
  await work.store(group());
  const [key = ''] = keys;
  await store.delete([key]);
  await work.store(group());
  expect(await store.stat(key), 'nobody has said so yet').toBeUndefined();
  work.forgetTools();
  await work.store(group());
  expect(await store.stat(key)).toBeDefined();
  expect(new Set(keys).size).toBe(1);
});

test('what a job is told is as long for one as for many, and is refused where Batch would not take it', async () => {
  const said = await workWith(() => 'https://store/').store(group(2));
  expect(lengthOf(await workWith(() => 'https://store/').store(group(50)))).toBe(lengthOf(said));
  const room = 8192 - lengthOf(said);
  const fits = await workWith(() => `https://store/${'a'.repeat(room)}`).store(group(2));
  expect(lengthOf(fits)).toBe(8192);
  await expect(workWith(() => `https://store/${'a'.repeat(room + 1)}`).store(group(2))).rejects.toMatchObject(
    {
      code: 'LAYER_REFUSED',
      message: 'what each job is told takes 8193 characters, and Batch takes 8192',
    },
  );
});

test('a store without links is refused with what to use instead', async () => {
  const work = new Work({
    context: contextOf(),
    store,
    platform: 'linux-x64',
    region: 'us-east-1',
  });
  await expect(work.store(group())).rejects.toMatchObject({ code: 'LAYER_REFUSED' });
});
