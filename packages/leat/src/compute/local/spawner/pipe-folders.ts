/**
 * Folders with the named pipes of spawn servers, in the temporary folder. Each has its engine's number in its name. Who sees that engine's
 * end removes it: the server, else the reaper. When all three were killed at once, the next engine does.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const nameOf = (engine: number): string => `leat-pipes-${engine}-`;

/** Makes one for this engine. Throws when there is no place for it. */
export async function makePipeFolder(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), nameOf(process.pid)));
}

/**
 * Removes those whose engines are dead. Never throws. An engine that only seems to be dead, since it lives in a container that shares the
 * temporary folder and not the numbers of processes, loses no task: without pipes it starts tasks by itself.
 */
export async function removeOrphanedFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names) {
    const engine = /^leat-pipes-(?<pid>\d+)-/.exec(name)?.groups?.['pid'];
    if (engine === undefined || !isDead(Number(engine))) continue;
    // Another user's may not be ours to remove.
    await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
