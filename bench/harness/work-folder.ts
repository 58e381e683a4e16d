import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';

const cache = path.join(import.meta.dirname, '../.cache');

/** `bench/.cache`: what benchmarks keep from one session to the next. */
export function cacheFolder(): string {
  mkdirSync(cache, { recursive: true });
  return cache;
}

/**
 * A folder for all that one session writes. It is removed when the session is over and not between rounds: after thousands of files are deleted, ext4
 * creates files ten times slower for a minute or more, and the next round would measure that.
 */
export function makeWorkFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(cacheFolder(), 'work-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

let made = 0;

/** A new empty folder inside another one. */
export function newFolder(inside: string, name: string): string {
  const folder = path.join(inside, `${name}-${made++}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
