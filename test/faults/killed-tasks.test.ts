/** Tasks whose processes are killed from outside: each has the reason of the table, and is tried again as the table says. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flow = (body: string): string => `
import { spawn } from 'node:child_process';
import { catchError, current, type Failure, Flow, retry, step } from 'leat';
export default class KillFlow extends Flow {
  declare failed?: Failure;
  @step start() { this.next(this.work); }
  @catchError({ var: 'failed' }) @retry({ times: 1, minutesBetweenRetries: 0 })
  @step async work() {
    ${body}
    this.next(this.end);
  }
  @step end() {}
}`;

const waits = `
    spawn('sleep', ['1000'], { stdio: 'ignore' });
    console.log('pid ' + process.pid + ' of ' + current.attempt);
    await new Promise((resolve) => setTimeout(resolve, 600_000));`;

describe('a task', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  const failure = async (): Promise<unknown> => leat.json('get', 'KillFlow/1/end.failed');

  it.each([
    ['whose process is killed', (pid: number) => process.kill(pid, 'SIGKILL')],
    ['whose whole process group is killed', (pid: number) => process.kill(-pid, 'SIGKILL')],
  ])('%s has the reason exit, is tried again, and leaves no child', async (_name, kill) => {
    const run = leat.start(['run', leat.write('flow.ts', flow(waits))]);
    for (const attempt of [0, 1]) {
      await run.stdoutHas(` of ${attempt}\n`);
      const pid = pidOf(leat, attempt);
      kill(await pid);
    }
    const { exitCode, stderr } = await run.done;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toMatch(/↻ work@0 .*SIGKILL/);
    expect(await failure()).toMatchObject({ reason: 'exit', signal: 'SIGKILL', attempts: 2 });
    await leat.noneLeft();
  });

  it('that fills the heap has the reason out-of-memory, and is tried again', async () => {
    const body = 'const all = []; for (;;) all.push({ filler: new Array(1000).fill(all.length) });';
    const options = { NODE_OPTIONS: '--max-old-space-size=64' };
    await leat.ok(['run', leat.write('flow.ts', flow(body))], options);
    expect(await failure()).toMatchObject({ reason: 'out-of-memory', attempts: 2 });
  });

  it('that the kernel kills for lack of memory has the reason out-of-memory, and is tried again', async () => {
    const body = 'const all = []; for (;;) all.push(Buffer.alloc(8_000_000, 1));';
    const group = new MemoryGroup(600_000_000);
    const inside = new Leat({}, group.launcher);
    try {
      await inside.ok(['run', inside.write('flow.ts', flow(body))]);
      expect(await inside.json('get', 'KillFlow/1/end.failed')).toMatchObject({
        reason: 'out-of-memory',
        signal: 'SIGKILL',
        attempts: 2,
      });
    } finally {
      await inside.noneLeft();
      inside.dispose();
      group.remove();
    }
  });
});

/** What the task of an attempt said its process is. */
async function pidOf(leat: Leat, attempt: number): Promise<number> {
  for (;;) {
    const said = await leat.call(['logs', 'KillFlow/1/work', '--attempt', String(attempt)]);
    const pid = /pid (\d+)/.exec(said.stdout)?.[1];
    if (pid !== undefined) return Number(pid);
    await setTimeout(20);
  }
}

/** A control group with a limit of memory, by the first or the second interface of the kernel. Needs root. */
class MemoryGroup {
  readonly folder: string;
  /** Starts a program inside the group. */
  get launcher(): readonly string[] {
    return ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', join(this.folder, 'cgroup.procs')];
  }

  constructor(bytes: number) {
    const second = existsSync('/sys/fs/cgroup/cgroup.controllers');
    this.folder = join(second ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory', `leat-test-${randomUUID()}`);
    mkdirSync(this.folder);
    if (!second) writeFileSync(join(this.folder, 'memory.limit_in_bytes'), String(bytes));
    else {
      writeFileSync(join(this.folder, 'memory.max'), String(bytes));
      writeFileSync(join(this.folder, 'memory.swap.max'), '0');
    }
  }

  remove(): void {
    rmdirSync(this.folder);
  }
}
