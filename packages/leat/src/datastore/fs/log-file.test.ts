import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFsDatastore } from './fs-datastore.ts';

let root = '';

beforeEach(() => {
  root = fs.mkdtempSync(path.join(tmpdir(), 'leat-log-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

const script = (body: string): string => `
  import { openFsDatastore } from ${JSON.stringify(new URL('fs-datastore.ts', import.meta.url).href)};
  import fs from 'node:fs';
  const log = openFsDatastore(process.argv[1]).createLogSync('a.pack');
  ${body}`;

describe('a log that a process writes into a folder', () => {
  it('keeps every piece that was appended before the process was killed, and at most the front of one more', async () => {
    const piece = 'x'.repeat(10_000);
    const endless = script(
      `for (let n = 0; ; n++) { log.append(Buffer.from(n + '${piece}\\n')); fs.writeSync(1, n + '\\n'); }`,
    );
    const writer = spawn(process.execPath, ['--input-type=module', '-e', endless, root]);
    let told = '';
    for await (const chunk of writer.stdout as AsyncIterable<Buffer>) {
      told += chunk.toString();
      if (told.length > 2_000) writer.kill('SIGKILL');
    }
    const lines = fs.readFileSync(path.join(root, 'a.pack'), 'utf8').split('\n');
    const whole = lines.slice(0, -1);
    expect(whole).toEqual(whole.map((_, n) => `${n}${piece}`));
    expect(whole.length).toBeGreaterThanOrEqual(told.split('\n').length - 1);
  });

  // A limit of the file's size fails half-way in a write, as a full disk does.
  it.skipIf(process.platform === 'win32')(
    'takes back a piece that did not fit, so that the log goes on whole',
    async () => {
      const body = `
      const fits = (text) => { try { log.append(Buffer.from(text)); return true; } catch (error) { return error.code + ' ' + error.details.code; } };
      console.log(JSON.stringify([fits('a'.repeat(3000)), fits('b'.repeat(30000)), fits('c'.repeat(1000)), fits('d'.repeat(9000)), fits('e')]));
      log.close();
      console.log(fits('f'));`;
      const limited = 'ulimit -f 8; exec "$@"';
      const args = ['-c', limited, 'bash', process.execPath, '--input-type=module', '-e', script(body), root];
      const { stdout } = await promisify(execFile)('bash', args);
      const refused = 'STORE_UNAVAILABLE EFBIG';
      expect(stdout).toBe(
        `${JSON.stringify([true, refused, true, refused, true])}\nSTORE_UNAVAILABLE undefined\n`,
      );
      expect(fs.readFileSync(path.join(root, 'a.pack'), 'utf8')).toBe(
        `${'a'.repeat(3000)}${'c'.repeat(1000)}e`,
      );
    },
  );

  it('cannot be written to by anybody else', () => {
    openFsDatastore(root).createLogSync('a.pack')?.close();
    expect(fs.statSync(path.join(root, 'a.pack')).mode & 0o222).toBe(0);
  });
});
