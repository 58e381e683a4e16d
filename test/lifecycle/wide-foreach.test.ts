import { describe, expect, it } from 'vitest';

import { connect } from 'leat/client';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const items = 1000;
const flow = `
import { Flow, step, type Inputs } from 'leat';
export default class WideFlow extends Flow {
  declare square: number;
  declare squares: number[];
  @step start() { this.next(this.work, { foreach: Array.from({ length: ${items} }, (_, i) => i) }); }
  @step work(item: number) { this.square = item * item; this.next(this.join); }
  @step join(inputs: Inputs<WideFlow>) { this.squares = inputs.map((one) => one.square); this.next(this.end); }
  @step end() {}
}`;

describe('a foreach of 1,000 items', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  it('runs each item once, joins them in order, and the client reads all', async () => {
    await leat.ok(['run', leat.write('flow.ts', flow)]);
    const squares = Array.from({ length: items }, (_, i) => i * i);
    expect(await leat.json('get', 'WideFlow/1/end.squares')).toEqual(squares);
    const client = await connect({ home: `${leat.folder}/.leat`, namespace: 'user:tester' });
    try {
      const run = await client.run('WideFlow/latest');
      const read: unknown[] = [];
      for await (const task of run.step('work').tasks()) read.push(await task.get('square'));
      expect(read).toEqual(squares);
    } finally {
      await client.close();
    }
  });

  it('resume after one of them failed runs that one, the join and the end', async () => {
    const text = flow
      .replace(
        'this.square =',
        "if (item === 500 && !current.originRun) throw new Error('unlucky'); this.square =",
      )
      .replace('type Inputs', 'current, type Inputs');
    expect((await leat.call(['run', leat.write('flow.ts', text)])).exitCode).toBe(1);
    await leat.ok(['resume']);
    const ran = (await leat.tasks('WideFlow/2'))
      .filter((task) => task.originRun === undefined)
      .map((task) => task.task);
    expect(ran).toContain('work[500]');
    expect(ran).toContain('end');
    expect(ran).not.toContain('work[499]');
  });
});
