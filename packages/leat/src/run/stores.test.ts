import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Home, resolveHome } from '../home/home.ts';
import { closeStores, handOverStores, openStores, type Stores } from './stores.ts';

let folder: string;
let home: Home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-stores-'));
  home = resolveHome({ home: join(folder, '.leat') });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const works = async ({ metadata }: Stores): Promise<boolean> =>
  metadata.runs({}).then(
    () => true,
    () => false,
  );

describe('stores', () => {
  it('are made where nothing has run yet', async () => {
    const stores = await openStores(home);
    expect(existsSync(home.metadata)).toBe(true);
    await closeStores(stores);
    expect(await works(stores)).toBe(false);
  });

  it('keep themselves out of git when Leat made their folder, and leave any other folder as it is', async () => {
    const ignore = join(home.folder, '.gitignore');
    await closeStores(await openStores(home));
    expect(readFileSync(ignore, 'utf8')).toBe('*\n');
    writeFileSync(ignore, 'mine');
    await closeStores(await openStores(home));
    expect(readFileSync(ignore, 'utf8')).toBe('mine');

    const own = resolveHome({ home: folder });
    await closeStores(await openStores(own));
    expect(existsSync(join(folder, '.gitignore'))).toBe(false);
  });

  it('that were handed over stay open, and are closed when nobody takes them', async () => {
    const taken = await handOverStores(home, async (stores) => stores);
    expect(await works(taken)).toBe(true);
    await closeStores(taken);

    let seen: Stores | undefined;
    const refused = handOverStores(home, async (stores) => {
      seen = stores;
      throw new Error('not today');
    });
    await expect(refused).rejects.toThrow('not today');
    expect(seen !== undefined && (await works(seen))).toBe(false);
  });
});
