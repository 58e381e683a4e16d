import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

// Some items fail until the file 'repaired' is there; what ran is in 'ran.txt'.
const flow = `
import { appendFileSync, existsSync } from 'node:fs';
import { Flow, step, type Inputs } from 'leat';
export default class PartsFlow extends Flow {
  declare double: number;
  declare sum: number;
  @step start() { this.next(this.work, { foreach: Array.from({ length: 2000 }, (_, i) => i) }); }
  @step({ chunk: 300 }) work(item: number) {
    appendFileSync('ran.txt', item + '\\n');
    if (item % 450 === 210 && !existsSync('repaired')) throw new Error('item ' + item + ' is broken');
    this.double = item * 2;
    this.next(this.join);
  }
  @step join(inputs: Inputs<PartsFlow>) {
    this.sum = inputs.reduce((sum, one) => sum + one.double, 0);
    this.next(this.end);
  }
  @step end() {}
}`;

let leat: Leat;
leatForEachTest((own) => {
  leat = own;
  leat.write('flow.ts', flow);
});

it('a resume takes over what chunks have finished around their failures, twice, and runs the rest once', async () => {
  const workers = ['--max-workers', '8'];
  const failed = await leat.call(['run', 'flow.ts', ...workers]);
  expect(failed.exitCode).not.toBe(0);
  const before = (await leat.tasks('PartsFlow/1')).filter(
    ({ task, status }) => task.startsWith('work') && status === 'succeeded',
  );
  expect(before.length).toBeGreaterThan(200);
  // What succeeded now is a result of the second run; what it took over is one of the first.
  expect((await leat.call(['resume', 'PartsFlow/1', ...workers])).exitCode).not.toBe(0);
  writeFileSync(join(leat.folder, 'repaired'), '');
  writeFileSync(join(leat.folder, 'ran.txt'), '');
  const known = (await leat.tasks('PartsFlow/2')).filter(({ status }) => status === 'succeeded');
  await leat.ok(['resume', 'PartsFlow/2', ...workers]);
  expect(await leat.json('get', 'PartsFlow/3/join.sum')).toBe(1999 * 2000);
  const ran = readFileSync(join(leat.folder, 'ran.txt'), 'utf8').trim().split('\n');
  const isKnown = new Set(known.map(({ task }) => task));
  expect(ran.map(Number).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 2000 }, (_, item) => item).filter((item) => !isKnown.has(`work[${item}]`)),
  );
  const { stdout } = await leat.ok(['doctor']);
  expect(stdout).not.toContain('error');
});
