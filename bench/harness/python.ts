import { spawnSync } from 'node:child_process';

// The distribution's own first: `python3` on PATH may be a shim that takes 170 ms to find the real one.
const candidates = ['/usr/bin/python3', 'python3', 'python'];
let found: string | undefined;

/** The real path of a Python 3. Throws when there is none. */
export function python(): string {
  found ??= candidates.map(executableOf).find((executable) => executable !== undefined);
  if (found === undefined)
    throw new Error('The benchmarks need Python 3: it measures the CPU of processes, and runs Metaflow.');
  return found;
}

function executableOf(candidate: string): string | undefined {
  const asked = spawnSync(
    candidate,
    ['-c', 'import sys; print(sys.executable if sys.version_info[0] == 3 else "")'],
    {
      encoding: 'utf8',
    },
  );
  return asked.status === 0 && asked.stdout.trim() !== '' ? asked.stdout.trim() : undefined;
}
