/** Files of a store that are cut, changed or gone: each is named, `leat doctor` finds it and says how to repair it, and that works. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';
import { cutInHalf, fileOf, filesOf, flipBit } from './storage.ts';

// 'gate' waits for a file, so that a test can damage what 'start' has left before 'use' reads it.
const flow = `
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step, type Inputs } from 'leat';
export default class HurtFlow extends Flow {
  declare big: Buffer;
  declare small: string;
  declare seen: number;
  @step start() { this.big = Buffer.alloc(300_000, 'abc'); this.small = 'small'; this.next(this.gate); }
  @step async gate() {
    console.log('at the gate');
    while (!existsSync('go')) await setTimeout(10);
    this.next(this.use);
  }
  @step use() { this.seen = this.big.length + this.small.length; this.next(this.each, { foreach: [1, 2] }); }
  @step async each(item: number) {
    console.log('item ' + item);
    while (item === 1 && !existsSync('on')) await setTimeout(10);
    this.seen = item;
    this.next(this.join);
  }
  @step join(inputs: Inputs<HurtFlow>) { this.seen = inputs.reduce((sum, one) => sum + one.seen, 0); this.next(this.end); }
  @step end() {}
}`;

interface Found {
  readonly level: string;
  readonly kind: string;
  readonly message: string;
  readonly repair?: string;
  readonly key?: string;
}

describe('a store with damage', () => {
  let leat: Leat;
  let home: string;
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
    home = join(leat.folder, '.leat');
  });

  /** What doctor finds that is wrong. */
  async function findings(...args: string[]): Promise<Found[]> {
    const { exitCode, stdout } = await leat.call(['doctor', '--json', ...args]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Found);
    const errors = lines.filter(({ level }) => level === 'error');
    expect(exitCode).toBe(errors.length > 0 ? 4 : 0);
    return errors;
  }

  const done = async (): Promise<void> => {
    leat.write('go', '');
    leat.write('on', '');
    await leat.ok(['run', 'flow.ts']);
  };
  const hurts: readonly (readonly [string, (path: string) => void])[] = [
    ['cut', cutInHalf],
    ['changed', flipBit],
    ['gone', (path) => rmSync(path)],
  ];

  describe.each(hurts)('an object that is %s', (_name, hurt) => {
    it('a value that a step reads: the run fails and names it; doctor, then resume, repair it', async () => {
      leat.write('on', '');
      const run = leat.start(['run', 'flow.ts']);
      await run.stdoutHas('at the gate');
      const blobs = filesOf(home, 'store/blobs/*/*');
      const blob = blobs[0] ?? '';
      hurt(blob);
      leat.write('go', '');
      const failed = await run.done;
      expect([failed.exitCode, failed.stderr]).toEqual([
        1,
        expect.stringMatching(/STORE_CORRUPT: 'blobs\/.*' is damaged/),
      ]);
      expect(failed.stderr).toContain('leat doctor --repair');

      const [found] = await findings();
      expect(found).toMatchObject({
        kind: expect.stringMatching(/^content-/),
        run: 'HurtFlow/1',
        task: 'start',
      });
      expect(found?.message).toContain("the artifact 'big'");
      expect(found?.repair).toContain('leat resume HurtFlow/1 --from start');
      await leat.call(['doctor', '--repair']);
      await leat.ok(['resume', 'HurtFlow/1', '--from', 'start']);
      // The same content again heals the older run, too.
      expect(await findings()).toEqual([]);
    });

    it('the result of a task: the next run that reads it fails and names it', async () => {
      const run = leat.start(['run', 'flow.ts']);
      leat.write('on', '');
      await run.stdoutHas('at the gate');
      hurt(fileOf(home, 'store/runs/HurtFlow/1/start/task@0.json'));
      leat.write('go', '');
      const failed = await run.done;
      expect([failed.exitCode, failed.stderr]).toEqual([
        1,
        expect.stringContaining("STORE_CORRUPT: 'runs/HurtFlow/1/start/task@0.json' is damaged"),
      ]);
      const [found] = await findings();
      expect(found?.message).toContain('runs/HurtFlow/1/start/task@0.json');
      expect(found?.repair).toContain('leat resume HurtFlow/1 --from start');
      await leat.ok(['resume', 'HurtFlow/1', '--from', 'start']);
      expect(await findings('HurtFlow/2')).toEqual([]);
    });

    it('the items of a foreach: the task fails and names them', async () => {
      leat.write('go', '');
      const run = leat.start(['run', 'flow.ts', '--max-workers', '1']);
      await run.stdoutHas('item 1');
      hurt(fileOf(home, 'store/blobs/*/*.items'));
      leat.write('on', '');
      const failed = await run.done;
      expect([failed.exitCode, failed.stderr]).toEqual([
        1,
        expect.stringMatching(/STORE_CORRUPT: 'blobs\/.*\.items'/),
      ]);
      const [found] = await findings('HurtFlow/1');
      expect(found?.message).toContain("the items of its foreach of 'HurtFlow/1/use'");
      await leat.call(['doctor', '--repair']);
      await leat.ok(['resume', 'HurtFlow/1', '--from', 'use']);
      expect(await findings()).toEqual([]);
    });

    it('a file of the code package: doctor names it, and a new run of the same code stores it again', async () => {
      await done();
      hurt(fileOf(home, 'store/packages/*/flow.js'));
      const [found] = await findings();
      expect(found).toMatchObject({ kind: 'package-damaged', key: expect.stringMatching(/flow\.js$/) });
      await leat.call(['doctor', '--repair']);
      await leat.ok(['run', 'flow.ts']);
      expect(await findings()).toEqual([]);
    });
  });

  it.each(hurts)(
    'a pack of results that is %s: told once for all tasks in it, and made again',
    async (_name, hurt) => {
      const packed = flow.replace('@step async each', "@step({ isolation: 'reuse', chunk: 2 }) async each");
      expect(packed).not.toBe(flow);
      leat.write('flow.ts', packed);
      await done();
      const pack = fileOf(home, 'store/runs/HurtFlow/1/each/*.pack');
      // Its middle is the end of the first of two lines: within the second is meant.
      if (hurt === flipBit) flipBit(pack, 0.75);
      else hurt(pack);
      const found = await findings();
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ kind: expect.stringMatching(/^manifest-/) });
      expect(found[0]?.key).toMatch(/\.pack$/);
      expect(found[0]?.repair).toContain('leat resume HurtFlow/1 --from each');
      const lost = await leat.call(['get', 'HurtFlow/1/each[1].seen']);
      if (lost.exitCode !== 0) expect(lost.stderr).toMatch(/STORE_CORRUPT .*\.pack/);
      await leat.ok(['resume', 'HurtFlow/1', '--from', 'each']);
      expect(await findings('HurtFlow/2')).toEqual([]);
    },
  );

  it('an unreadable run leaves the others readable', async () => {
    await done();
    const { hash } = JSON.parse(
      (await leat.ok(['get', 'HurtFlow/1/start.big', '--facts', '--json'])).stdout,
    ) as { hash: string };
    rmSync(join(home, 'store/blobs', hash.slice(0, 2), hash.slice(2)));
    expect((await leat.ok(['show', 'HurtFlow/1'])).stdout).toContain('succeeded');
    expect(await leat.json('get', 'HurtFlow/1/end.seen')).toBe(3);
    const lost = await leat.call(['get', 'HurtFlow/1/start.big']);
    expect([lost.exitCode, lost.stderr]).toEqual([4, expect.stringContaining('is gone from the datastore')]);
    // With --quick, too: only the bytes are not looked at.
    expect(await findings('--quick')).toHaveLength(1);
  });

  it('metadata that are garbage, cut or gone: named, the store is checked all the same, a new list begins when they are moved away', async () => {
    await done();
    const database = join(home, 'metadata.db');
    for (const hurt of [cutInHalf, (path: string) => writeFileSync(path, 'no database '.repeat(500))]) {
      hurt(database);
      const listed = await leat.call(['list', 'runs']);
      expect([listed.exitCode, listed.stderr]).toEqual([4, expect.stringContaining(database)]);
      const run = await leat.call(['run', 'flow.ts']);
      expect([run.exitCode, run.stderr]).toEqual([4, expect.stringContaining(database)]);
      const found = await findings();
      expect(
        found.some(({ kind, message }) => kind.startsWith('metadata') || message.includes(database)),
      ).toBe(true);
    }
    for (const file of filesOf(home, 'metadata.db*')) rmSync(file);
    const found = await findings();
    expect(found).toEqual([expect.objectContaining({ kind: 'metadata-missing' })]);
    expect(existsSync(database)).toBe(false);
    await leat.ok(['run', 'flow.ts']);
    expect((await leat.ok(['doctor'])).stderr).toContain('healthy');
  });

  it('a log of the database that is torn or gone after a kill: what was committed before it stands', async () => {
    await done();
    const ended = await leat.ok(['dump', 'HurtFlow/1', '--json']);
    const objects = new Map(filesOf(home, 'store/**').map((file) => [file, readFileSync(file)]));
    for (const hurt of [cutInHalf, (path: string) => rmSync(path)]) {
      rmSync(join(leat.folder, 'go'), { force: true });
      leat.write('on', '');
      const run = leat.start(['run', 'flow.ts']);
      await run.stdoutHas('at the gate');
      run.kill('SIGKILL');
      await run.done;
      const log = join(home, 'metadata.db-wal');
      expect(existsSync(log)).toBe(true);
      hurt(log);
      // The run that had ended is there with all that is known of it, and so is every object of the store.
      expect((await leat.json<{ run: { status: string } }>('show', 'HurtFlow/1')).run.status).toBe(
        'succeeded',
      );
      expect((await leat.ok(['dump', 'HurtFlow/1', '--json'])).stdout).toBe(ended.stdout);
      for (const [file, bytes] of objects) expect(readFileSync(file).equals(bytes)).toBe(true);
      leat.write('go', '');
      // Whatever is left of the run that was killed: no command hangs or crashes, and new runs work.
      const recovered = await leat.call(['recover', 'HurtFlow/latest']);
      expect(recovered.stderr).not.toContain('INTERNAL');
      await leat.ok(['run', 'flow.ts']);
      expect((await leat.ok(['dump', 'HurtFlow/1', '--json'])).stdout).toBe(ended.stdout);
      expect(await findings()).toEqual([]);
    }
  });
});
