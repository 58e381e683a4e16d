// Part of the flows that count bytes, not of the benchmark: it runs inside the task.
import { appendFileSync, readFileSync } from 'node:fs';

/**
 * When this process ends, adds a line to a file: the bytes that it has read in its whole life, its own start, the code and the commit included.
 * Linux only.
 */
export function reportBytesRead(file: string): void {
  process.on('exit', () => {
    const bytes = /^rchar: (?<bytes>\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.groups?.['bytes'];
    appendFileSync(file, `${bytes}\n`);
  });
}
