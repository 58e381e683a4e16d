import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSlot, slotPath } from './slots.ts';

const page = 4096;

let folder: string;
let slot: string;
let other: number;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-slots-'));
  slot = slotPath(folder, 0);
  execFileSync('mkfifo', [`${slot}.in`, `${slot}.out`, `${slot}.err`]);
  other = openSync(`${slot}.in`, constants.O_RDWR | constants.O_NONBLOCK);
});
afterEach(() => {
  closeSync(other);
  rmSync(folder, { recursive: true, force: true });
});

/** What the pipe has now, at most so many bytes. */
function taken(most: number): string {
  const bytes = Buffer.alloc(most);
  try {
    return bytes.toString('latin1', 0, readSync(other, bytes));
  } catch {
    return '';
  }
}

/** Leaves the pipe room for so many pages. */
function fill(free: number): void {
  for (;;) {
    try {
      writeSync(other, Buffer.alloc(page, '.'));
    } catch {
      break;
    }
  }
  for (let pages = 0; pages < free; pages += 1) taken(page);
}

describe('the line of a task', () => {
  it.each([
    ['an empty pipe', undefined],
    ['a pipe that takes one page of it', 1],
    ['a pipe that takes nothing yet', 0],
  ])('arrives whole through %s', async (_what, free) => {
    const line = Array.from({ length: 1500 }, (_, word) => word).join(' ');
    if (free !== undefined) fill(free);
    const ends = openSlot(slot);
    ends.send(line);
    let text = '';
    await vi.waitFor(
      () => {
        text += taken(page);
        expect(text.replace(/^\.*/, '') === `${line}\n`).toBe(true);
      },
      { interval: 1 },
    );
    ends.stdout.destroy();
    ends.stderr.destroy();
  });
});
