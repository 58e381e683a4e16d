/** What is begun for a run while its flow is still being looked at, when there is to be no run after all. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

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
  leat
    .processes()
    .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    .filter((line) => line.includes('runner.cjs') || line.startsWith('/bin/sh'));

let leat: Leat;
leatForEachTest(
  (own) => {
    leat = own;
    leat.install();
  },
  { LEAT_LOCAL_CPU: 'abc' },
);

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
