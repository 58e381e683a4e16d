/** A folder of its own for each test, with files as a user has them. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildPackage } from './build-package.ts';
import type { CodePackage } from './code-package.ts';

export class FlowFolder {
  readonly path: string = realpathSync(mkdtempSync(join(tmpdir(), 'leat-package-')));

  /** Writes a file and gives its full path. */
  write(name: string, text: string | Uint8Array): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Installs a package: its files by name, `package.json` as data. */
  install(
    name: string,
    manifest: Readonly<Record<string, unknown>>,
    files: Readonly<Record<string, string>>,
  ): void {
    this.write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', ...manifest }));
    for (const [file, text] of Object.entries(files)) this.write(`node_modules/${name}/${file}`, text);
  }

  /** Builds `flow.ts`, or another file. */
  async build(file = 'flow.ts', cache = '.cache'): Promise<CodePackage> {
    return buildPackage({ file: join(this.path, file), cacheDir: join(this.path, cache) });
  }

  dispose(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
