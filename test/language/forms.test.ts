/** The ways to write a flow and to start it, other than decorators under `leat run`. */
import { spawnSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const declared = `
import { Flow, step, type Inputs } from 'leat';
export default class DeclaredFlow extends Flow {
  declare items: number[];
  declare sum: number;
  declare square: number;
  @step({ next: 'work', foreach: 'items' }) start() { this.items = [1, 2, 3]; }
  @step({ next: 'join' }) work(item: number) { this.square = item * item; }
  @step({ next: 'end' }) join(inputs: Inputs<DeclaredFlow>) { this.sum = inputs.reduce((sum, one) => sum + one.square, 0); }
  @step end() { console.log('sum', this.sum); }
}`;

const undecorated = `
import { Flow, run, steps, type Inputs } from 'leat';
export default class PlainFlow extends Flow {
  declare items: number[];
  declare square: number;
  declare sum: number;
  static {
    steps(this, { start: {}, work: { retry: { times: 1 } }, join: {}, end: {} });
  }
  start() { this.items = [1, 2, 3]; this.next(this.work, { foreach: this.items }); }
  work(item: number) { this.square = item * item; this.next(this.join); }
  join(inputs: Inputs<PlainFlow>) { this.sum = inputs.reduce((sum, one) => sum + one.square, 0); this.next(this.end); }
  end() {}
}
if (import.meta.main) {
  const { status, run: record } = await run(PlainFlow);
  console.log(status, record.flow + '/' + record.id);
}`;

const decorated = `
import { Flow, run, step } from 'leat';
export default class RegisterFlow extends Flow {
  declare word: string;
  @step start() { this.word = 'hello'; this.next(this.end); }
  @step end() { console.log(this.word); }
}
if (import.meta.main) console.log((await run(RegisterFlow)).status);
`;

describe('forms of a flow', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
    leat.install();
  });

  const node = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: leat.folder,
      encoding: 'utf8',
      env: { ...process.env, LEAT_USER: 'tester' },
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  it('edges declared in the decorator', async () => {
    const { stdout } = await leat.ok(['run', leat.write('flow.ts', declared)]);
    expect(stdout).toContain('sum 14');
  });

  it('a static block instead of decorators, under leat run', async () => {
    await leat.ok(['run', leat.write('flow.ts', undecorated)]);
    expect(await leat.json('get', 'PlainFlow/1/end.sum')).toBe(14);
  });

  it('a static block under plain node, with run() in the file itself', async () => {
    leat.write('flow.ts', undecorated);
    expect(node('flow.ts')).toContain('succeeded PlainFlow/1');
    expect(await leat.json('get', 'PlainFlow/1/end.sum')).toBe(14);
  });

  it('decorators under node --import leat/register', async () => {
    leat.write('flow.ts', decorated);
    expect(node('--import', 'leat/register', 'flow.ts')).toContain('succeeded');
    expect(await leat.json('get', 'RegisterFlow/1/end.word')).toBe('hello');
  });
});
