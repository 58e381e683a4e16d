import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keepStoreId } from './store-id.ts';
import { currentNamespace, currentUser, resolveHome } from './home.ts';

const project = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'leat-home-'));
  writeFileSync(join(folder, 'package.json'), '{}');
  mkdirSync(join(folder, 'deep/down'), { recursive: true });
  return folder;
};

/** Whoever runs the tests may have a profile. */
const noProfile = { LEAT_PROFILE: 'none' };

describe('resolveHome', () => {
  it('is .leat of the project, from any folder in it', () => {
    const folder = project();
    const home = resolveHome({ cwd: join(folder, 'deep/down'), env: noProfile });
    expect(home.folder).toBe(join(folder, '.leat'));
    expect(home.datastore).toMatch(/^file:\/\/.*\.leat\/store$/);
    expect(home.metadata).toBe(join(folder, '.leat/metadata.db'));
  });

  it('is the nearest .leat, also where there is no package', () => {
    const folder = project();
    mkdirSync(join(folder, 'deep/.leat'));
    expect(resolveHome({ cwd: join(folder, 'deep/down'), env: noProfile }).folder).toBe(
      join(folder, 'deep/.leat'),
    );
  });

  it('is what --home says, else LEAT_HOME', () => {
    const folder = project();
    expect(resolveHome({ cwd: folder, env: { ...noProfile, LEAT_HOME: 'elsewhere' } }).folder).toBe(
      join(folder, 'elsewhere'),
    );
    expect(
      resolveHome({ home: 'told', cwd: folder, env: { ...noProfile, LEAT_HOME: 'elsewhere' } }).folder,
    ).toBe(join(folder, 'told'));
  });

  it('has the metadata where --metadata says, else LEAT_METADATA', () => {
    const cwd = project();
    const env = { ...noProfile, LEAT_METADATA: 'postgres://db/leat' };
    expect(resolveHome({ cwd, env: noProfile })).toMatchObject({ shared: false });
    expect(resolveHome({ cwd, env: { ...noProfile, LEAT_METADATA: '' } })).toMatchObject({ shared: false });
    expect(resolveHome({ cwd, env })).toMatchObject({ metadata: 'postgres://db/leat', shared: true });
    expect(resolveHome({ cwd, env, metadata: 'postgres://db/other' }).metadata).toBe('postgres://db/other');
  });

  it('has the datastore where --datastore says, else LEAT_DATASTORE: in a place of its own, with a name that is drawn once', () => {
    const cwd = project();
    const env = { ...noProfile, LEAT_DATASTORE: 's3://data/leat/' };
    const first = resolveHome({ cwd, env });
    expect(first.datastore).toBe(`s3://data/leat/${first.newStoreId}`);
    expect(first.newStoreId).toMatch(/^home-[0-9a-f]{12}$/);
    expect(existsSync(first.folder)).toBe(false);
    mkdirSync(first.folder);
    expect(keepStoreId(first.folder, first.newStoreId!)).toBe(first.newStoreId);
    expect(keepStoreId(first.folder, 'home-000000000000')).toBe(first.newStoreId);
    const second = resolveHome({ cwd, env });
    expect(second).toMatchObject({ datastore: first.datastore, shared: false });
    expect(second).not.toHaveProperty('newStoreId');
    // The whole URL, as a run has it, names the same place.
    expect(resolveHome({ cwd, env, datastore: first.datastore }).datastore).toBe(first.datastore);
    expect(resolveHome({ cwd: project(), env }).datastore).not.toBe(first.datastore);
  });

  it('has the datastore just where it was told when the metadata are shared', () => {
    const told = { metadata: 'postgres://db/leat', datastore: 's3://data/leat/' };
    expect(resolveHome({ cwd: project(), env: noProfile, ...told }).datastore).toBe('s3://data/leat');
  });

  it('has a datastore for each metadata, named by where they are and not by who asks', () => {
    const cwd = project();
    const storeOf = (metadata: string): string => resolveHome({ cwd, env: noProfile, metadata }).datastore;
    const store = storeOf('postgres://ada:secret@db.example/leat?sslmode=verify-full');
    expect(store).toMatch(/\/\.leat\/store-[0-9a-f]{12}$/);
    expect(storeOf('postgresql://bob@db.example/leat')).toBe(store);
    const others = ['postgres://db.example/two', 'postgres://db.example/leat?schema=b', 'postgres://c/leat'];
    expect(new Set([store, ...others.map(storeOf)]).size).toBe(4);
  });
});

describe('who is asking', () => {
  it('is LEAT_USER, in the namespace of that name unless LEAT_NAMESPACE says otherwise', () => {
    expect(currentUser({ LEAT_USER: 'ada' })).toBe('ada');
    expect(currentNamespace({ LEAT_USER: 'ada' })).toBe('user:ada');
    expect(currentNamespace({ LEAT_USER: 'ada', LEAT_NAMESPACE: 'team' })).toBe('team');
    expect(currentUser({})).not.toBe('');
  });
});
