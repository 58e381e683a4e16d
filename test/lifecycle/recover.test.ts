import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

// Items 2 and 3 wait until there is a file `go`; item 4 fails as long as there is a file `bad`.
const flow = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step, type Inputs } from 'leat';
export default class LongFlow extends Flow {
  declare sum: number;
  declare square: number;
  @step start() { this.next(this.work, { foreach: [0, 1, 2, 3, 4, 5] }); }
  @step async work(item: number) {
    appendFileSync('ran.txt', item + '\\n');
    console.log('begin ' + item);
    if (item === 4 && existsSync('bad')) throw new Error('item four is bad');
    while ((item === 2 || item === 3) && !existsSync('go')) await setTimeout(10);
    this.square = item * item;
    this.next(this.join);
  }
  @step join(inputs: Inputs<LongFlow>) {
    this.sum = inputs.reduce((sum, one) => sum + one.square, 0);
    this.next(this.end);
  }
  @step end() {}
}`;

describe('a run whose engine died', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
  });

  /** Starts a command and kills its engine when items 2 and 3 wait: what ran before them has finished then. */
  async function killed(...args: string[]): Promise<void> {
    const run = leat.start([...args, '--max-workers', '2']);
    await Promise.all([run.stdoutHas('begin 2'), run.stdoutHas('begin 3')]);
    run.kill('SIGKILL');
    await run.done;
    await leat.noneLeft();
  }

  /** How often the body of each item's task began. */
  function timesRan(): number[] {
    const lines = readFileSync(join(leat.folder, 'ran.txt'), 'utf8').trim().split('\n');
    return [0, 1, 2, 3, 4, 5].map((item) => lines.filter((line) => line === String(item)).length);
  }

  const attempts = async (run: string): Promise<Record<string, number>> =>
    Object.fromEntries((await leat.tasks(run)).map((task) => [task.task, task.attempts]));

  it('is recovered in place: what is finished stays, and nothing is doubled', async () => {
    await killed('run', 'flow.ts');
    const before = await leat.ok(['show', 'LongFlow/1']);
    expect(before.stdout).toContain('LongFlow/1 abandoned');
    expect(before.stdout).toContain('leat recover LongFlow/1');
    expect((await leat.ok(['list', 'runs'])).stdout).toContain('abandoned');

    leat.write('go', '');
    const recovered = await leat.ok(['recover', 'LongFlow/1', '--run-id-file', 'id.txt']);
    expect(recovered.stderr).toContain('recovering LongFlow/1: 3 tasks finished, 2 under way');
    expect(recovered.stderr).toContain('LongFlow/1 succeeded');
    expect(readFileSync(join(leat.folder, 'id.txt'), 'utf8')).toBe('LongFlow/1\n');

    expect((await leat.json<{ run: { status: string } }>('show', 'LongFlow/1')).run.status).toBe('succeeded');
    const tasks = await leat.tasks('LongFlow/1');
    expect(tasks).toHaveLength(9);
    expect(tasks.every((task) => task.status === 'succeeded')).toBe(true);
    expect(await attempts('LongFlow/1')).toEqual({
      start: 1,
      'work[0]': 1,
      'work[1]': 1,
      'work[2]': 2,
      'work[3]': 2,
      'work[4]': 1,
      'work[5]': 1,
      join: 1,
      end: 1,
    });
    expect(timesRan()).toEqual([1, 1, 2, 2, 1, 1]);
    expect((await leat.artifacts('LongFlow/1')).get('join')?.['sum']).toBe(55);
    expect(await leat.json('list', 'runs')).toHaveLength(1);

    const again = await leat.call(['recover', 'LongFlow/1']);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('has ended (succeeded)')]);
  });

  it('is recovered again when the recovering engine dies, too', async () => {
    await killed('run', 'flow.ts');
    await killed('recover', 'LongFlow/1');
    leat.write('go', '');
    await leat.ok(['recover', 'LongFlow/latest']);
    expect(timesRan()).toEqual([1, 1, 3, 3, 1, 1]);
    expect((await leat.artifacts('LongFlow/1')).get('join')?.['sum']).toBe(55);
  });

  it('goes on as a resumed run, with the results that it had taken over', async () => {
    leat.write('go', '');
    leat.write('bad', '');
    await leat.call(['run', 'flow.ts', '--max-workers', '1']);
    rmSync(join(leat.folder, 'bad'));
    rmSync(join(leat.folder, 'go'));
    // Of 'work' on all is new, so that items 2 and 3 wait again.
    await killed('resume', 'LongFlow/1', '--from', 'work');
    leat.write('go', '');
    await leat.ok(['recover', 'LongFlow/2']);
    const tasks = await leat.tasks('LongFlow/2');
    expect(tasks.filter((task) => task.originRun === '1').map((task) => task.task)).toEqual(['start']);
    expect(tasks.every((task) => task.status === 'succeeded')).toBe(true);
    expect((await leat.artifacts('LongFlow/2')).get('join')?.['sum']).toBe(55);
  });

  it('may be resumed instead', async () => {
    await killed('run', 'flow.ts');
    leat.write('go', '');
    const resumed = await leat.ok(['resume']);
    expect(resumed.stderr).toContain('resuming LongFlow/1');
    expect(timesRan()).toEqual([1, 1, 2, 2, 1, 1]);
    expect((await leat.artifacts('LongFlow/2')).get('join')?.['sum']).toBe(55);
  });
});

describe('a run that still goes on', () => {
  it('is neither recovered nor resumed, and says who drives it', async () => {
    const leat = new Leat();
    leat.write('flow.ts', flow);
    const run = leat.start(['run', 'flow.ts', '--max-workers', '2']);
    try {
      await Promise.all([run.stdoutHas('begin 2'), run.stdoutHas('begin 3')]);
      for (const command of ['recover', 'resume']) {
        const refused = await leat.call([command, 'LongFlow/1']);
        expect(refused.exitCode).toBe(4);
        expect(refused.stderr).toMatch(new RegExp(`LEASE_LOST .*LongFlow/1.*:${run.pid}'`));
      }
      const nothing = await leat.call(['resume']);
      expect([nothing.exitCode, nothing.stderr]).toEqual([
        2,
        expect.stringContaining('there is no run that could be resumed'),
      ]);
      leat.write('go', '');
      expect((await run.done).exitCode).toBe(0);
      expect(existsSync(join(leat.folder, 'ran.txt'))).toBe(true);
    } finally {
      run.kill('SIGKILL');
      await run.done;
      leat.dispose();
    }
  });
});
