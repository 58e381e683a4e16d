import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askProgram } from './login-helper.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-helper-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const waited = new AbortController().signal;

/** The full path of a program with this text. */
function program(script: string): string {
  const file = path.join(folder, 'helper');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('a program that keeps logins', () => {
  it('is told the registry, and is taken at its word', async () => {
    const echo = program('read -r server; echo "$1 $server"; exit 3');
    expect(await askProgram(echo, 'quay.io', { signal: waited })).toEqual({ text: 'get quay.io\n', code: 3 });
  });

  it('is done when it has ended, whoever still holds its output', async () => {
    const agent = program('echo known; sleep 20 & exit 0');
    expect(await askProgram(agent, 'quay.io', { signal: waited })).toEqual({ text: 'known\n', code: 0 });
  });

  it('is given up when it takes too long, whoever still holds its output', async () => {
    const slow = program('sleep 20 & wait');
    await expect(askProgram(slow, 'quay.io', { signal: waited, patienceMs: 300 })).rejects.toThrow(
      `${slow} did not answer within 0.3 s`,
    );
  });

  it('is not started when nobody waits, and what it says is bounded', async () => {
    await expect(askProgram('none', 'quay.io', { signal: AbortSignal.abort() })).rejects.toThrow('abort');
    const { text } = await askProgram(program('yes'), 'quay.io', { signal: waited });
    expect(text.length).toBeLessThan(1_000_000);
  });

  it('that is not there is an error', async () => {
    await expect(askProgram(path.join(folder, 'none'), 'quay.io', { signal: waited })).rejects.toThrow(
      'ENOENT',
    );
  });
});
