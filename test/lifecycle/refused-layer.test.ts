/** What is begun for a run while its flow is still being looked at, when there is to be no run after all. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { processesWith } from './processes.ts';

// It stays: what it leaves behind must not be taken for gone because it is.
const program = `
import { run } from 'leat';
import flow from './flow.ts';
await run(flow).catch((error) => console.log(error.code));
process.stdin.resume();`;

const flow = `
import { Flow, step } from 'leat';
export default class RefusedFlow extends Flow {
  @step start() { this.next(this.end); }
  @step end() {}
}`;

/** The layer's processes: those of tasks, and the shell that would end them. */
const ofLayer = (): readonly string[] =>
  processesWith('LEAT_TEST_MARK', mark)
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    .filter((line) => line.includes('runner.cjs') || line.startsWith('/bin/sh'));

let leat: Leat;
let mark: string;
beforeEach(() => {
  mark = randomUUID();
  leat = new Leat({ LEAT_TEST_MARK: mark, LEAT_LOCAL_CPU: 'abc' });
  mkdirSync(join(leat.folder, 'node_modules'));
  symlinkSync(
    fileURLToPath(new URL('../../packages/leat', import.meta.url)),
    join(leat.folder, 'node_modules/leat'),
  );
});
afterEach(() => leat.dispose());

it('a program that calls run() has no processes more when the layer cannot be opened', async () => {
  leat.write('flow.ts', flow);
  const file = leat.write('program.ts', program);
  const child = spawn(process.execPath, ['--import', 'leat/register', file], {
    cwd: leat.folder,
    env: leat.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(said).trim()).toBe('OPTION_INVALID');
    await expect.poll(ofLayer, { timeout: 5000 }).toEqual([]);
  } finally {
    child.kill('SIGKILL');
  }
});
