import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flow = `
import { spawn } from 'node:child_process';
import { Flow, step } from 'leat';
export default class SlowFlow extends Flow {
  @step start() { this.next(this.slow, { foreach: [0, 1, 2, 3] }); }
  @step async slow(item: number) {
    process.on('SIGTERM', () => { console.log('asked to end ' + item); setTimeout(() => process.exit(3), 200); });
    spawn('sleep', ['1000'], { stdio: 'ignore' });
    console.log('working on ' + item);
    await new Promise((resolve) => setTimeout(resolve, 600_000));
    this.next(this.join);
  }
  @step join(inputs: unknown) { this.next(this.end); }
  @step end() {}
}`;

const stuck = `
import { Flow, step } from 'leat';
export default class StuckFlow extends Flow {
  @step start() { console.log('stuck now'); this.next(this.end); }
  @step end() { console.log('in the loop'); for (;;); }
}`;

describe('ending a run from outside', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '%s once: tasks may end gracefully, the run is cancelled, exit %i, no orphans',
    async (signal, exitCode) => {
      const run = leat.start(['run', leat.write('flow.ts', flow)]);
      await run.stdoutHas('working on 0');
      run.kill(signal);
      const result = await run.done;
      expect(result.exitCode).toBe(exitCode);
      expect(result.stdout).toContain('asked to end 0');
      expect(result.stderr).toContain('leat resume SlowFlow/1');
      const shown = await leat.json<{ run: { status: string } }>('show', 'SlowFlow/1');
      expect(shown.run.status).toBe('cancelled');
      await leat.noneLeft();
    },
  );

  it('twice: at once', async () => {
    const deaf = flow.replace('setTimeout(() => process.exit(3), 200)', 'void 0');
    const run = leat.start(['run', leat.write('flow.ts', deaf)]);
    await run.stdoutHas('working on 0');
    run.kill('SIGINT');
    await run.stdoutHas('asked to end 0');
    run.kill('SIGINT');
    const result = await run.done;
    expect(result.exitCode).toBe(130);
    await leat.noneLeft();
    expect((await leat.json<{ run: { status: string } }>('show', 'SlowFlow/1')).run.status).toBe('cancelled');
  });

  it('kill -9 of the engine: its tasks die with it, also one that is stuck in a synchronous loop', async () => {
    const run = leat.start(['run', leat.write('flow.ts', stuck)]);
    await run.stdoutHas('in the loop');
    expect(leat.processes().length).toBeGreaterThan(1);
    run.kill('SIGKILL');
    await run.done;
    await leat.noneLeft();
  });

  it('children of a task end with it', async () => {
    const text = flow.replace('await new Promise((resolve) => setTimeout(resolve, 600_000));', '');
    await leat.ok(['run', leat.write('flow.ts', text.replace(/process\.on.*\n/, ''))]);
    await leat.noneLeft();
  });
});
