/** The files that one container shares with its engine of Leat. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface JobFolder {
  readonly message: string;
  readonly end: string;
  readonly readEnd: () => Promise<string>;
  readonly remove: () => Promise<void>;
}

/**
 * Makes the folder of a job with its message. The folder above is closed to other users of this machine; the files themselves are not,
 * since the user of a container may be another one.
 */
export async function makeJobFolder(parent: string, name: string, message: string): Promise<JobFolder> {
  const folder = path.join(parent, name);
  const files = { message: path.join(folder, 'message'), end: path.join(folder, 'end') };
  await mkdir(folder);
  await Promise.all([writeFile(files.message, message), writeFile(files.end, '')]);
  await Promise.all([chmod(files.message, 0o444), chmod(files.end, 0o666)]);
  return {
    ...files,
    readEnd: async () => readFile(files.end, 'utf8'),
    remove: async () => rm(folder, { recursive: true, force: true }),
  };
}
