/** Disks that are full, file systems that cannot be written, and files that are not what was written. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  globSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** A file system of its own, in memory. Needs the right to mount (root); a test without it fails. */
export class SmallDisk {
  readonly folder: string;

  constructor(folder: string, size: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  }

  /** `size=64m`, `ro`, `rw` */
  change(option: string): void {
    execFileSync('mount', ['-o', `remount,${option}`, this.folder]);
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }
}

/** Files below a folder that fit, the largest first. */
export function filesOf(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .toSorted((a, b) => statSync(b).size - statSync(a).size);
}

/** The only one. */
export function fileOf(folder: string, pattern: string): string {
  const [first, ...more] = filesOf(folder, pattern);
  if (first === undefined || more.length > 0) throw new Error(`${more.length + 1} files fit ${pattern}`);
  return first;
}

/** Turns one bit of a file over: in its middle, or at another part of it. */
export function flipBit(path: string, part = 0.5): void {
  chmodSync(path, 0o644);
  const at = Math.floor(statSync(path).size * part);
  const byte = Buffer.alloc(1);
  const file = openSync(path, 'r+');
  try {
    readSync(file, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 1;
    writeSync(file, byte, 0, 1, at);
  } finally {
    closeSync(file);
  }
}

/** Cuts the second half of a file off. */
export function cutInHalf(path: string): void {
  chmodSync(path, 0o644);
  truncateSync(path, Math.floor(statSync(path).size / 2));
}
