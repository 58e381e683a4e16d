import { existsSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { PackageHead } from './code-package.ts';

/**
 * Lets the bundle in a folder of this machine find the packages that stayed outside of it: by links to where the project has them, since
 * to copy them would take time and space that nobody here needs. Packages of a project that is not on this machine are left out.
 */
export function linkExternals(folder: string, { externals, root }: PackageHead): void {
  for (const { place, folder: own, imported } of externals) {
    const target = resolve(root, own);
    if (imported === true && existsSync(target)) link(join(folder, place), target);
  }
}

/** Another process may do the same: a link is there whole, or not at all. */
function link(path: string, target: string): void {
  if (existsSync(path) && realpathSync(path) === realpathSync(target)) return;
  mkdirSync(dirname(path), { recursive: true });
  // A copy that somebody has put there stays: it is what the project had.
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const draft = `${path}.${randomUUID()}`;
  try {
    symlinkSync(target, draft, 'junction');
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
