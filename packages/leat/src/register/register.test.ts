import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const register = pathToFileURL(join(import.meta.dirname, 'index.ts')).href;
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'leat-register-')));
  write('package.json', '{ "type": "module" }');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function node(file: string): { readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, ['--import', register, file], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

const mark =
  "const mark = (_method: unknown, context: ClassMethodDecoratorContext): void => console.log('mark', String(context.name));";

describe('leat/register', () => {
  it('loads TypeScript that Node cannot: decorators, enums, JSX, imports without an extension', () => {
    write(
      'lib/one.ts',
      `${mark}\nexport enum Kind { A = 7 }\nexport class A { @mark run(): Kind { return Kind.A; } }`,
    );
    write('view.tsx', 'const React = { createElement: (name: string) => name };\nexport const view = <b />;');
    write('plain.js', "const seen = () => {};\nexport class B {\n  @seen run() { return 'js'; }\n}");
    write('old.cts', "const path = require('node:path');\nmodule.exports = { sep: path.sep as string };");
    const flow =
      "import { A } from './lib/one';\nimport { view } from './view.js';\nimport { B } from './plain.js';\nimport old from './old.cts';\nconsole.log(new A().run(), view, new B().run(), old.sep, import.meta.main);";
    expect(node(write('flow.ts', flow))).toMatchObject({ stdout: 'mark run\n7 b js / true\n', stderr: '' });
  });

  it("says the user's own line", () => {
    const { stderr } = node(
      write(
        'flow.ts',
        `${mark}\n\ninterface Gone { a: 1; b: 2 }\nclass A {\n  @mark run(): void { throw new Error('here'); }\n}\nnew A().run();`,
      ),
    );
    expect(stderr).toContain(`${join(folder, 'flow.ts')}:5:`);
  });

  it('remembers what it has lowered, until the file changes', () => {
    mkdirSync(join(folder, 'node_modules'));
    const source = (word: string): string =>
      `${mark}\nclass A { @mark run() {} }\nconsole.log('${word}', A.name);`;
    const file = write('flow.ts', source('one'));
    expect(node(file).stdout).toBe('mark run\none A\n');
    const cache = join(folder, 'node_modules/.cache/leat');
    const [entry = ''] = readdirSync(cache);
    writeFileSync(join(cache, entry), '{ torn');
    expect(node(file).stdout).toBe('mark run\none A\n');
    expect(node(write('flow.ts', source('two'))).stdout).toBe('mark run\ntwo A\n');
    expect(readdirSync(cache)).toHaveLength(1);
  });

  it('leaves a wrong import to Node to complain about', () => {
    expect(node(write('flow.ts', "import './gone';")).stderr).toContain(
      `Cannot find module '${join(folder, 'gone')}'`,
    );
  });
});
