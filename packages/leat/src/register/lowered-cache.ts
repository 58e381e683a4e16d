import { hash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installation } from '../package/installation.ts';
import { ancestors } from '../package/source-root.ts';

interface Lowered {
  readonly key: string;
  readonly code: string;
}

/**
 * What a file was lowered to the last time, or now. One entry for each file, in `node_modules/.cache/leat` of its project;
 * nothing is remembered where there is no such folder or it cannot be written.
 */
export function rememberedOr(
  path: string,
  text: string,
  lower: (path: string, text: string) => string,
): string {
  const folder = ancestors(dirname(path))
    .map((each) => join(each, 'node_modules'))
    .find(existsSync);
  if (folder === undefined) return lower(path, text);
  const file = join(folder, '.cache/leat', `${hash('sha256', path).slice(0, 32)}.json`);
  const key = hash('sha256', JSON.stringify([installation().version, path, text]));
  const known = read(file);
  if (known?.key === key) return known.code;
  const code = lower(path, text);
  write(file, { key, code });
  return code;
}

function read(file: string): Lowered | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Lowered;
  } catch {
    return undefined;
  }
}

function write(file: string, lowered: Lowered): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    writeFileSync(draft, JSON.stringify(lowered));
    renameSync(draft, file);
  } catch {
    // A read-only project is loaded all the same, only slower.
  }
}
