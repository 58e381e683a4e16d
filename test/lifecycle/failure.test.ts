import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flow = (decorators: string): string => `
import { existsSync, writeFileSync } from 'node:fs';
import { Flow, step, retry, resources, type Inputs } from 'leat';
export default class HalfFlow extends Flow {
  declare result: number;
  @step start() { this.next(this.work, { foreach: [0, 1, 2, 3, 4, 5] }); }
  ${decorators} @step async work(item: number) {
    if (item === 0) {
      while (!existsSync('one-started')) await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('item zero is bad');
    }
    if (item === 1) {
      writeFileSync('one-started', '');
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    this.result = item;
    this.next(this.join);
  }
  @step join(inputs: Inputs<HalfFlow>) { this.next(this.end); }
  @step end() {}
}`;

describe('a failing task', () => {
  let leat: Leat;
  leatForEachTest(
    (own) => {
      leat = own;
    },
    { LEAT_LOCAL_CPU: '2' },
  );

  it('lets the running tasks finish, starts nothing new, fails the run, and says how to go on', async () => {
    const result = await leat.call(['run', leat.write('flow.ts', flow('')), '--max-workers', '2']);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('item zero is bad');
    expect(result.stderr).toContain('leat resume HalfFlow/1');
    const tasks = await leat.tasks('HalfFlow/1');
    expect(Object.fromEntries(tasks.map((task) => [task.task, task.status]))).toEqual({
      start: 'succeeded',
      'work[0]': 'failed',
      'work[1]': 'succeeded',
    });
  });

  it('--fail-fast ends the running ones', async () => {
    await leat.call(['run', leat.write('flow.ts', flow('')), '--max-workers', '2', '--fail-fast']);
    const tasks = await leat.tasks('HalfFlow/1');
    expect(tasks.find((task) => task.task === 'work[1]')?.status).toBe('cancelled');
  });

  it('resume runs the failed item, the missing ones and what comes after, and says so', async () => {
    const text = flow('');
    await leat.call(['run', leat.write('flow.ts', text), '--max-workers', '2']);
    leat.write('flow.ts', text.replace("throw new Error('item zero is bad');", ''));
    const resumed = await leat.ok(['resume']);
    expect(resumed.stderr).toContain(
      'resuming HalfFlow/1 (failed): 2 tasks of it succeeded and can be reused\n  did not succeed there, so it runs: work[0];',
    );
    expect(resumed.stderr).toContain("the code of 'work' has changed since");
    const tasks = await leat.tasks('HalfFlow/2');
    const reused = tasks.filter((task) => task.originRun === '1').map((task) => task.task);
    expect(reused.toSorted()).toEqual(['start', 'work[1]']);
    expect(tasks).toHaveLength(9);
    expect(tasks.every((task) => task.status === 'succeeded')).toBe(true);
  });

  it('a retry waits, with a slot for others meanwhile', async () => {
    const text = `
import { Flow, step, retry, current, type Inputs } from 'leat';
export default class WaitFlow extends Flow {
  declare at: number;
  @step start() { this.next(this.work, { foreach: [0, 1] }); }
  @retry({ times: 1, minutesBetweenRetries: 0.05 })
  @step work(item: number) {
    if (item === 0 && current.attempt === 0) throw new Error('again later');
    this.at = Date.now();
    this.next(this.join);
  }
  @step join(inputs: Inputs<WaitFlow>) {
    const [first, second] = inputs.map((one) => one.at) as [number, number];
    if (first - second < 2500) throw new Error('did not wait');
    this.next(this.end);
  }
  @step end() {}
}`;
    await leat.ok(['run', leat.write('flow.ts', text), '--max-workers', '1']);
  });
});
