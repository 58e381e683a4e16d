import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryDatastore } from '../testing/memory-datastore.ts';
import { FlowFolder } from './flow-folder.fixture.ts';
import { packageSources } from './package-sources.ts';
import { openPackage, writePackage } from './write-package.ts';

/** Tells what was written, in order; `local`: a folder that it can point at. */
class PackageStore extends MemoryDatastore {
  readonly written: string[] = [];
  readonly #local: string | undefined;

  constructor(local?: string) {
    super();
    this.#local = local;
  }

  override putSync(key: string, parts: readonly Uint8Array[]): void {
    super.putSync(key, parts);
    this.written.push(key);
    const path = this.localPath(key);
    if (path === undefined) return;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.concat(parts));
  }

  override localPath(key: string): string | undefined {
    return this.#local === undefined ? undefined : join(this.#local, key);
  }
}

let folder: FlowFolder;
beforeEach(() => {
  folder = new FlowFolder();
  folder.write('package.json', '{ "type": "module" }');
  folder.write('lib/lazy.ts', '// lazy\nexport const lazy = 1;\n');
  folder.write(
    'flow.ts',
    "import lib from './data.json' with { type: 'json' };\nexport default async () => [lib, (await import('./lib/lazy.ts')).lazy, import.meta.url];",
  );
  folder.write('data.json', '{ "a": 1 }');
});
afterEach(() => folder.dispose());

describe('a stored package', () => {
  it('has its facts written last, and is written once', async () => {
    const built = await folder.build();
    const target = new PackageStore();
    await writePackage(target, built);
    const prefix = `packages/${built.hash}/`;
    expect(target.written.at(-1)).toBe(`${prefix}package.json`);
    expect(target.written.toSorted()).toEqual(
      [...built.files.map(({ name }) => prefix + name), `${prefix}package.json`].toSorted(),
    );
    const facts = JSON.parse(Buffer.from(target.getSync(`${prefix}package.json`) ?? []).toString()) as Record<
      string,
      unknown
    >;
    expect(facts).toMatchObject({
      type: 'module',
      format: 1,
      hash: built.hash,
      entry: 'flow.js',
      flowFile: 'flow.ts',
      root: folder.path,
      leat: expect.stringMatching(/^\d+\./) as string,
    });
    target.written.length = 0;
    await writePackage(target, built);
    expect(target.written).toEqual([]);
  });

  it('gets back a file that has gone or was cut since', async () => {
    const built = await folder.build();
    const target = new PackageStore();
    await writePackage(target, built);
    const [gone = '', cut = ''] = built.files.map(({ name }) => `packages/${built.hash}/${name}`);
    target.objects.delete(gone);
    target.putSync(cut, [Buffer.from('x')]);
    target.written.length = 0;
    await writePackage(target, built);
    expect(target.written.toSorted()).toEqual([gone, cut].toSorted());
  });

  it('comes back into a folder of this machine, with the sources as they were', async () => {
    const built = await folder.build();
    const target = new PackageStore();
    await writePackage(target, built);
    for (let round = 0; round < 2; round++) {
      const opened = await openPackage(target, built.hash, join(folder.path, 'fetched'));
      expect(opened).toMatchObject({ hash: built.hash, entry: built.entry, sources: built.sources });
      expect(readFileSync(join(opened.folder, 'flow.js'))).toEqual(
        Buffer.from(built.files.find(({ name }) => name === 'flow.js')?.bytes ?? []),
      );
      expect(packageSources(opened)).toEqual(
        ['data.json', 'flow.ts', 'lib/lazy.ts'].map((path) => ({
          path,
          text: readFileSync(join(folder.path, path), 'utf8'),
        })),
      );
    }
  });

  it('is used in place when the store has folders', async () => {
    const built = await folder.build();
    const target = new PackageStore(join(folder.path, 'store'));
    await writePackage(target, built);
    expect((await openPackage(target, built.hash, join(folder.path, 'fetched'))).folder).toBe(
      join(folder.path, 'store/packages', built.hash),
    );
  });

  it('is refused when it is not there or not what was written', async () => {
    const built = await folder.build();
    const target = new PackageStore();
    await expect(openPackage(target, built.hash, folder.path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await writePackage(target, built);
    target.putSync(`packages/${built.hash}/flow.js`, [Buffer.from('evil')]);
    await expect(openPackage(target, built.hash, folder.path)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    });
  });
});
