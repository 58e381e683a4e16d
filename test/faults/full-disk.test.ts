/** A disk that fills up, at each place where something is written. What was committed stays, and room is all that is needed to go on. */
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Leat, TaskRow } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';
import { filesOf, SmallDisk } from './storage.ts';

const flow = `
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step } from 'leat';
export default class FullFlow extends Flow {
  declare big: Buffer;
  declare size: number;
  @step start() { this.size = 8_000_000; this.next(this.make); }
  @step async make() {
    this.big = randomBytes(existsSync('gate') ? 10 : this.size);
    console.log('made');
    while (existsSync('gate') && !existsSync('go')) await setTimeout(10);
    this.next(this.end);
  }
  @step end() { this.size = this.big.length; }
}`;

describe('a disk that is full', () => {
  let leat: Leat;
  let disk: SmallDisk;
  let home: string;
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
    disk = new SmallDisk(join(leat.folder, 'disk'), '6m');
    home = join(disk.folder, 'home');
  });
  afterEach(() => {
    disk.unmount();
  });

  const at = (...args: string[]): string[] => [...args, '--home', home];
  const statuses = async (run: string): Promise<Record<string, string>> => {
    const tasks = JSON.parse((await leat.ok(at('list', 'tasks', run, '--json'))).stdout) as TaskRow[];
    return Object.fromEntries(tasks.map(({ task, status }) => [task, status]));
  };

  function fill(): string {
    const path = join(disk.folder, 'filler');
    const file = openSync(path, 'w');
    const page = Buffer.alloc(4096, 1);
    try {
      for (;;) writeSync(file, page);
    } catch {
      closeSync(file);
    }
    expect(statfsSync(disk.folder).bfree).toBe(0);
    return path;
  }

  it('while an artifact is stored: the task fails and names the file; with room, resume goes on', async () => {
    const failed = await leat.call(at('run', 'flow.ts'));
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toMatch(
      /STORE_UNAVAILABLE: cannot write '.*\/blobs\/.*': ENOSPC: no space left on device/,
    );
    expect(failed.stderr).toContain('Free some space');
    expect(await statuses('FullFlow/1')).toEqual({ start: 'succeeded', make: 'failed' });
    expect(filesOf(home, 'store/**/.leat-tmp-*')).toEqual([]);
    expect((await leat.ok(at('doctor'))).stderr).toContain('healthy');

    disk.change('size=64m');
    await leat.ok(at('resume'));
    expect(JSON.parse((await leat.ok(at('get', 'FullFlow/2/end.size', '--json'))).stdout)).toBe(8_000_000);
    expect((await leat.ok(at('doctor'))).stderr).toContain('healthy');
  });

  it('while a result is committed and the log is written: told in the log, nothing is half there, resume goes on', async () => {
    leat.write('gate', '');
    const run = leat.start(at('run', 'flow.ts'));
    await run.stdoutHas('made');
    const filler = fill();
    leat.write('go', '');
    await run.stdoutHas('no space left on device');
    await run.stdoutHas('cannot grow: the disk is full; trying again');
    rmSync(filler);
    const result = await run.done;
    expect(result.exitCode).toBe(1);
    expect(result.stdout + result.stderr).toMatch(/STORE_UNAVAILABLE cannot write '.*task@0\.json': ENOSPC/);
    expect(await statuses('FullFlow/1')).toEqual({ start: 'succeeded', make: 'failed' });
    expect(filesOf(home, 'store/**/.leat-tmp-*')).toEqual([]);
    expect((await leat.ok(at('doctor'))).stderr).toContain('healthy');
    await leat.ok(at('resume'));
  });

  it('for longer than the engine waits: it stops and says what to do; with room, recover goes on', async () => {
    leat.write('gate', '');
    const run = leat.start(at('run', 'flow.ts'));
    await run.stdoutHas('made');
    const filler = fill();
    leat.write('go', '');
    const stopped = await run.done;
    expect([stopped.exitCode, stopped.stderr]).toEqual([
      4,
      expect.stringContaining(join(home, 'metadata.db')),
    ]);
    expect(stopped.stderr).toContain('the disk is full');
    rmSync(filler);
    await leat.ok(at('doctor'));
    const recovered = await leat.call(at('recover', 'FullFlow/1'));
    // The attempt whose result could not be stored has failed; what was committed before it stands.
    expect(recovered.exitCode).toBeLessThanOrEqual(1);
    if (recovered.exitCode === 1) await leat.ok(at('resume'));
    expect((await leat.ok(at('doctor'))).stderr).toContain('healthy');
  });

  it('before anything runs: refused, with the name of what cannot be written', async () => {
    fill();
    const refused = await leat.call(at('run', 'flow.ts'));
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain(home);
    expect(refused.stderr).toMatch(/no space|disk is full/);
  });
});

describe('a folder that cannot be written', () => {
  let leat: Leat;
  let disk: SmallDisk;
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
    leat.write('gate', '');
    leat.write('go', '');
    disk = new SmallDisk(join(leat.folder, 'disk'), '64m');
  });
  afterEach(() => {
    disk.unmount();
  });

  it('is refused before anything runs, by its name; what is there can be read', async () => {
    const home = join(disk.folder, 'home');
    disk.change('ro');
    const refused = await leat.call(['run', 'flow.ts', '--home', home]);
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining(home)]);
    expect(refused.stdout).not.toContain('made');
    disk.change('rw');
    await leat.ok(['run', 'flow.ts', '--home', home]);
    disk.change('ro');
    const again = await leat.call(['run', 'flow.ts', '--home', home]);
    expect([again.exitCode, again.stderr]).toEqual([4, expect.stringContaining(home)]);
    expect(again.stdout).not.toContain('made');
    expect((await leat.ok(['list', 'runs', '--home', home])).stdout).toContain('FullFlow/1');
    expect((await leat.ok(['get', 'FullFlow/1/end.size', '--home', home])).stdout).toContain('10');
    expect((await leat.ok(['doctor', '--home', home])).stderr).toContain('healthy');
  });
});
