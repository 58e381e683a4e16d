import { realpathSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FlowFolder } from '../flow-folder.fixture.ts';
import { installedClosure } from './installed-closure.ts';

let folder: FlowFolder;
beforeEach(() => {
  folder = new FlowFolder();
});
afterEach(() => folder.dispose());

const closure = (...names: readonly string[]): Readonly<Record<string, string>> => {
  const wanted = names.map((name) => ({
    name,
    place: `node_modules/${name}`,
    folder: realpathSync(join(folder.path, 'node_modules', name)),
    reason: 'asked for',
  }));
  const placed = installedClosure(wanted);
  return Object.fromEntries(placed.map((each) => [each.place, relative(folder.path, each.folder)]));
};

it('takes along what a package needs, what is optional only where it is installed, and nothing that only installs', () => {
  folder.install(
    'a',
    {
      dependencies: { b: '1', 'prebuild-install': '1' },
      optionalDependencies: { 'a-linux-x64': '1', 'a-darwin-arm64': '1' },
    },
    {},
  );
  folder.install('b', { peerDependencies: { c: '1', a: '1' } }, {});
  folder.install('c', {}, {});
  folder.install('a-linux-x64', {}, {});
  folder.install('prebuild-install', {}, {});
  folder.install('other', {}, {});
  expect(Object.keys(closure('a'))).toEqual(
    ['a', 'a-linux-x64', 'b', 'c'].map((name) => `node_modules/${name}`),
  );
});

it('keeps two versions of a package apart', () => {
  folder.install('a', { dependencies: { b: '1', c: '1' } }, {});
  folder.install('b', { version: '1.0.0' }, {});
  folder.install('c', { dependencies: { b: '2' } }, {});
  folder.install('c/node_modules/b', { version: '2.0.0', dependencies: { d: '1' } }, {});
  folder.install('d', { dependencies: { b: '1' } }, {});
  expect(closure('a')).toEqual({
    'node_modules/a': 'node_modules/a',
    'node_modules/b': 'node_modules/b',
    'node_modules/c': 'node_modules/c',
    'node_modules/c/node_modules/b': 'node_modules/c/node_modules/b',
    'node_modules/d': 'node_modules/d',
  });
});

it('finds what pnpm keeps beside the real folder of a package', () => {
  const store = (name: string): string => `.pnpm/${name.replace('/', '+')}@1/node_modules/${name}`;
  folder.install(store('@s/a'), { name: '@s/a', dependencies: { b: '1' } }, {});
  folder.install(store('b'), { name: 'b' }, {});
  folder.write('node_modules/@s/.keep', '');
  symlinkSync(join(folder.path, 'node_modules', store('@s/a')), join(folder.path, 'node_modules/@s/a'));
  symlinkSync(
    join(folder.path, 'node_modules', store('b')),
    join(folder.path, 'node_modules/.pnpm/@s+a@1/node_modules/b'),
  );
  expect(closure('@s/a')).toEqual({
    'node_modules/@s/a': `node_modules/${store('@s/a')}`,
    'node_modules/b': `node_modules/${store('b')}`,
  });
});

it('refuses packages of which each needs the other in another version, and names them', () => {
  folder.install('a', { version: '1.0.0', dependencies: { b: '1' } }, {});
  folder.install('b', { version: '1.0.0', dependencies: { a: '2' } }, {});
  folder.install('b/node_modules/a', { version: '2.0.0', dependencies: { b: '2' } }, {});
  folder.install('b/node_modules/a/node_modules/b', { version: '2.0.0', dependencies: { a: '1' } }, {});
  // The real folder of the first one, as a link makes a ring of them.
  folder.write('node_modules/b/node_modules/a/node_modules/b/node_modules/.keep', '');
  symlinkSync(
    join(folder.path, 'node_modules/a'),
    join(folder.path, 'node_modules/b/node_modules/a/node_modules/b/node_modules/a'),
  );
  expect(() => closure('a')).toThrow(/need each other in ever other versions: … → .*a → b → /);
});
