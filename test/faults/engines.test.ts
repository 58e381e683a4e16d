/** Two engines and one run, and an engine that is paused: what the lease is for. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

// The first attempt of 'work' prints for ever; a later one is done at once.
const flow = `
import { setTimeout } from 'node:timers/promises';
import { current, Flow, step } from 'leat';
export default class TwoFlow extends Flow {
  declare by: number;
  @step start() { this.next(this.work); }
  @step async work() {
    for (let line = 0; current.attempt === 0; line += 1) { console.log('line ' + line); await setTimeout(10); }
    this.by = current.attempt;
    this.next(this.end);
  }
  @step end() {}
}`;

interface Shown {
  readonly run: { readonly status: string; readonly lastSeq: number };
}

describe('a run that another engine has taken over', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
  });

  /** What was printed last before the pause may never have been written. */
  const logSize = (): number =>
    statSync(join(leat.folder, '.leat/store/runs/TwoFlow/1/work/task@0.log'), { throwIfNoEntry: false })
      ?.size ?? 0;

  it('is refused while it is driven; with --force it is taken, and the first engine says so and stops', async () => {
    const first = leat.start(['run', 'flow.ts']);
    await first.stdoutHas('line 5');
    const refused = await leat.call(['recover', 'TwoFlow/1']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      4,
      expect.stringContaining(`:${first.pid}' holds it`),
    ]);
    expect(refused.stderr).toContain('--force');

    await leat.ok(['recover', 'TwoFlow/1', '--force']);
    const stopped = await first.done;
    expect([stopped.exitCode, stopped.stderr]).toEqual([4, expect.stringContaining('LEASE_LOST')]);
    await leat.noneLeft();
    const { run } = await leat.json<Shown>('show', 'TwoFlow/1');
    expect(run.status).toBe('succeeded');
    expect(await leat.json('get', 'TwoFlow/1/end.by')).toBe(1);
  });

  it('gets nothing more from an engine that was paused for longer than its lease', async () => {
    const first = leat.start(['run', 'flow.ts']);
    await first.stdoutHas('line 5');
    process.kill(first.pid, 'SIGSTOP');
    try {
      // The lease lasts for 30 seconds; until then nobody else may drive the run.
      let recovered = await leat.call(['recover', 'TwoFlow/1']);
      expect(recovered.exitCode).toBe(4);
      const deadline = performance.now() + 60_000;
      while (recovered.exitCode === 4 && performance.now() < deadline) {
        await setTimeout(1000);
        recovered = await leat.call(['recover', 'TwoFlow/1']);
      }
      expect(recovered).toMatchObject({ exitCode: 0 });
      const before = { shown: await leat.json<Shown>('show', 'TwoFlow/1'), log: logSize() };

      process.kill(first.pid, 'SIGCONT');
      const woken = await first.done;
      expect([woken.exitCode, woken.stderr]).toEqual([4, expect.stringContaining('LEASE_LOST')]);
      expect(await leat.json('show', 'TwoFlow/1')).toEqual(before.shown);
      expect(logSize()).toBe(before.log);
      await leat.ok(['doctor']);
    } finally {
      first.kill('SIGKILL');
      await first.done;
    }
  });
});
