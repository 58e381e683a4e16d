import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

export interface FileCount {
  readonly files: number;
  /** What the files say they hold. */
  readonly bytes: number;
  /** What they take from the disk. */
  readonly allocated: number;
}

/** Everything under a folder. */
export function countFiles(folder: string): FileCount {
  const counted = { files: 0, bytes: 0, allocated: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const { size, blocks } = lstatSync(path.join(entry.parentPath, entry.name));
    counted.files += 1;
    counted.bytes += size;
    counted.allocated += blocks * 512;
  }
  return counted;
}
