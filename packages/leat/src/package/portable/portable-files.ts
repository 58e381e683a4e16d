import { hash } from 'node:crypto';
import { type CodePackage, factsName, packageFacts } from '../code-package.ts';
import { installation } from '../installation.ts';
import type { Platform } from '../native/platform.ts';
import type { PackedFile } from './pack.ts';

/** All files of a package that a platform needs: its facts first, then the others in the order of their names. */
export function portableFiles(built: CodePackage, platform: Platform): readonly PackedFile[] {
  void platform;
  const facts = Buffer.from(JSON.stringify(packageFacts(built, installation().version), undefined, 2));
  const bundle = built.files.map(({ name, bytes, size, hash: sum }) => ({
    name,
    size,
    hash: sum,
    from: bytes,
  }));
  return [{ name: factsName, size: facts.length, hash: hash('sha256', facts), from: facts }, ...bundle];
}
