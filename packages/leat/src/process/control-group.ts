/** What the kernel says of the control groups that this process is in. Reads only; decides nothing. */
import { readFileSync } from 'node:fs';

/** Gives the text of a file of the kernel, or `undefined` when there is none. */
export type ReadText = (path: string) => string | undefined;

/** The real one. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Folders of this process's control groups for one controller, innermost first. A limit may be set on any group above; inside a
 * container the path of the host leads nowhere, and the root is its own.
 */
export function groupFolders(controller: 'cpu' | 'memory', read: ReadText = readText): readonly string[] {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n');
  const folders: string[] = [];
  for (const line of lines) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    // Version 2 names no controllers.
    const own = controllers === '' || controllers.split(',').includes(controller);
    if (!own || path === '') continue;
    const root = controllers === '' ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${controller}`;
    const parts = path.split('/').filter(Boolean);
    for (let depth = parts.length; depth >= 0; depth -= 1)
      folders.push([root, ...parts.slice(0, depth)].join('/'));
  }
  return folders;
}

/**
 * How often the kernel has killed a process for lack of memory: in this control group, else on this machine. A rise
 * between the start and the end of a killed task says why it was killed.
 */
export function outOfMemoryKills(read: ReadText = readText): number {
  const files = groupFolders('memory', read).flatMap((folder) => [
    `${folder}/memory.events`,
    `${folder}/memory.oom_control`,
  ]);
  for (const file of [...files, '/proc/vmstat']) {
    const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
}
