import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Datastore } from '../../datastore/datastore.ts';
import { openFsDatastore } from '../../datastore/fs/index.ts';
import { readNativeFacts } from '../native/elf.ts';
import { fitsPlatform, ownPlatform, type Platform, platformOf } from '../native/platform.ts';
import { findNode } from './node-binary.ts';
import { storeTools } from './write-tools.ts';

let folder: string;
let store: Datastore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-tools-'));
  store = openFsDatastore(join(folder, 'store'));
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string, text = name): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const toolsOf = (program = 'program') => ({
  runner: at('runner.cjs'),
  program: at('program.cjs', program),
  agent: at('agent.cjs'),
  driver: at('s3-driver.cjs'),
});
const other: Platform = ownPlatform() === 'linux-x64' ? 'linux-arm64' : 'linux-x64';

describe('the tools', () => {
  it('are stored by their content, once', async () => {
    const first = await storeTools(store, { tools: toolsOf() });
    expect(first.files.map(({ name }) => name)).toEqual([
      'runner.cjs',
      'program.cjs',
      'agent.cjs',
      'driver.cjs',
    ]);
    for (const { key, name, sha256, size } of first.files) {
      const bytes = (await store.get(key)) ?? Buffer.alloc(0);
      expect([key, sum(bytes), bytes.length]).toEqual([first.prefix + name, sha256, size]);
    }
    const written = (await store.stat(first.files[0]?.key ?? ''))?.modifiedAt;
    expect(await storeTools(store, { tools: toolsOf() })).toEqual(first);
    expect((await store.stat(first.files[0]?.key ?? ''))?.modifiedAt).toBe(written);
    const changed = await storeTools(store, { tools: toolsOf('another program') });
    expect(changed.prefix).not.toBe(first.prefix);
  });

  it('are mended where one was cut', async () => {
    const { files } = await storeTools(store, { tools: toolsOf() });
    const key = files[1]?.key ?? '';
    await store.put(key, [Buffer.from('cut')]);
    await storeTools(store, { tools: toolsOf() });
    expect(Buffer.from((await store.get(key)) ?? []).toString()).toBe('program');
  });
});

describe('a Node for machines without one', () => {
  it(
    'is this very one where it fits, compressed, with its facts, and sent once',
    { timeout: 60_000 },
    async () => {
      const path = findNode({ platform: ownPlatform(), folder });
      const node = { path, platform: ownPlatform(), cacheDir: join(folder, 'cache') };
      const { node: stored } = await storeTools(store, { tools: toolsOf(), node });
      if (stored === undefined) throw new Error('it was not stored');
      const bytes = (await store.get(stored.key)) ?? Buffer.alloc(0);
      const unpacked = gunzipSync(bytes);
      const program = unpacked.subarray(0, stored.programSize);
      // Node's own builds need libatomic from version 26 on; it follows the program then.
      const libatomic = unpacked.subarray(stored.programSize);
      expect(stored).toEqual({
        key: `tools/node/${sum(program)}/node${libatomic.length > 0 ? '-libatomic' : ''}.gz`,
        ...(libatomic.length > 0 ? { libatomic: libatomic.length } : {}),
        platform: ownPlatform(),
        version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(),
        sha256: sum(bytes),
        size: bytes.length,
        programSha256: sum(readFileSync(path)),
        programSize: statSync(path).size,
      });
      const written = (await store.stat(stored.key))?.modifiedAt;
      expect((await storeTools(store, { tools: toolsOf(), node })).node).toEqual(stored);
      expect((await store.stat(stored.key))?.modifiedAt).toBe(written);
    },
  );

  it('is refused where it does not fit, and what to do is said', () => {
    expect(() => findNode({ platform: other, folder })).toThrow(
      expect.objectContaining({
        code: 'LAYER_REFUSED',
        message: expect.stringContaining(`made for ${ownPlatform()}`),
        hint: expect.stringContaining(`node-${other}@24`),
      }),
    );
    expect(() => findNode({ platform: ownPlatform(), told: at('node', 'text'), folder })).toThrow(
      'it is no program',
    );
    expect(() => findNode({ platform: ownPlatform(), told: 'nowhere', folder })).toThrow('no such file');
  });

  it('is the one that leat.config.ts names', () => {
    copyFileSync('/bin/true', join(folder, 'own-node'));
    expect(findNode({ platform: ownPlatform(), told: './own-node', folder })).toBe(join(folder, 'own-node'));
  });
});

describe('native code', () => {
  it('says where it runs', () => {
    const facts = readNativeFacts(process.execPath);
    expect(facts).toMatchObject({ os: 'linux', arch: process.arch });
    expect(facts?.needed).toContain('libc.so.6');
    expect(facts?.interpreter).toMatch(/ld-linux/);
    expect(facts && fitsPlatform(facts, ownPlatform())).toBe(true);
    expect(facts && fitsPlatform(facts, other)).toBe(false);
  });

  it.each([
    ['cffaedfe0c000001', 'darwin-arm64'],
    ['cafebabe00000002', 'darwin-any'],
    ['4d5a9000', 'win32-any'],
    ['7f454c4602010100000000000000000003002800', 'linux-arm'],
  ])('of other systems: %s', (head, platform) => {
    const facts = readNativeFacts(at('x.node', ''));
    expect(facts).toBeUndefined();
    writeFileSync(join(folder, 'x.node'), Buffer.from(head.padEnd(400, '0'), 'hex'));
    const found = readNativeFacts(join(folder, 'x.node'));
    expect(found && platformOf(found)).toBe(platform);
    expect(found && fitsPlatform(found, 'linux-x64')).toBe(false);
  });

  it('linked with musl is for musl', () => {
    const musl = { os: 'linux', arch: 'x64', needed: ['libc.musl-x86_64.so.1'] } as const;
    expect(platformOf(musl)).toBe('linux-x64-musl');
    expect(fitsPlatform(musl, 'linux-x64')).toBe(false);
  });
});
