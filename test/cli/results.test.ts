/** Asking for results of real runs: every reading command, for people and with `--json`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { Leat } from './leat.ts';
import { leatForAllTests } from './leat-for-tests.ts';

const flow = `
import { Flow, parameter, step, type Inputs } from 'leat';
export default class SeeFlow extends Flow {
  scale = parameter(1);
  declare when: Map<string, Date>;
  declare bytes: Uint8Array;
  declare square: number;
  declare total: number;
  @step start() {
    this.when = new Map([['a', new Date(0)]]);
    this.bytes = new Uint8Array(2_000_000);
    this.next(this.work, { foreach: [1, 2, 3] });
  }
  @step work(item: number) { this.square = item * item * this.scale; this.next(this.join); }
  @step join(inputs: Inputs<SeeFlow>) {
    this.total = inputs.reduce((sum, { square }) => sum + square, 0);
    this.merge(inputs, { include: ['when'] });
    this.next(this.end);
  }
  @step end() {}
}`;

describe('results', () => {
  let leat: Leat;
  leatForAllTests(async (own) => {
    leat = own;
    leat.write('flow.ts', flow);
    await leat.ok(['run', 'flow.ts']);
    await leat.ok(['run', 'flow.ts', '--scale', '2', '--tag', 'twice']);
  });

  it('get gives a value as Node shows it, as JSON, into a file, or its facts', async () => {
    expect((await leat.ok(['get', 'SeeFlow/1/end.when'])).stdout).toBe(
      "Map(1) { 'a' => 1970-01-01T00:00:00.000Z }\n",
    );
    expect(await leat.json('get', 'SeeFlow/1/end.when')).toEqual({ a: '1970-01-01T00:00:00.000Z' });
    expect(await leat.json('get', 'SeeFlow/2/work[2].square')).toBe(18);
    expect(await leat.json('get', 'SeeFlow/2/end.scale')).toBe(2);
    expect(await leat.json('get', 'SeeFlow/1/end.when', '--facts')).toMatchObject({
      name: 'when',
      type: 'Map(1)',
    });
    await leat.ok(['get', 'SeeFlow/1/end.total', '--output', 'total.json']);
    expect(existsSync(join(leat.folder, 'total.json'))).toBe(true);
  });

  it('dump gives all artifacts of a run or a task, and leaves out what is large', async () => {
    const run = await leat.artifacts('SeeFlow/1');
    expect([...run.keys()].toSorted()).toEqual(['end', 'join', 'start', 'work[0]', 'work[1]', 'work[2]']);
    expect(run.get('work[1]')).toMatchObject({ square: 4 });
    expect((await leat.artifacts('SeeFlow/1/start')).get('start')?.['bytes']).toEqual({
      'left out': 'Uint8Array(2000000), 2.0 MB',
    });
    expect((await leat.ok(['dump', 'SeeFlow/1/work[1]'])).stdout).toContain('square = 4');
  });

  it('diff names parameters, artifacts and steps that differ, and nothing between a run and itself', async () => {
    const diff = await leat.json<{ parameters: unknown; artifacts: { name: string }[]; code: unknown }>(
      'diff',
      'SeeFlow/1',
      'SeeFlow/2',
    );
    expect(diff.parameters).toEqual([{ name: 'scale', before: 1, after: 2 }]);
    expect(diff.artifacts.map(({ name }) => name)).toEqual(['total']);
    expect(diff.code).toEqual([]);
    expect(await leat.json('diff', 'SeeFlow/1', 'SeeFlow/1')).toMatchObject({
      parameters: [],
      artifacts: [],
      code: [],
    });
    expect((await leat.ok(['diff', 'SeeFlow/1', 'SeeFlow/2'])).stdout).toMatch(/scale.*1 → 2/);
  });

  it('list tells flows, runs, steps and tasks', async () => {
    expect(await leat.json('list', 'flows')).toMatchObject([
      { flow: 'SeeFlow', runs: 2, latest: 'SeeFlow/2' },
    ]);
    expect(await leat.json('list', 'runs', 'SeeFlow', '--tag', 'twice')).toMatchObject([
      { run: 'SeeFlow/2' },
    ]);
    expect(await leat.json('list', 'steps', 'SeeFlow/1')).toMatchObject([
      { step: 'start', total: 1 },
      { step: 'work', total: 3, byStatus: { succeeded: 3 } },
      { step: 'join', total: 1 },
      { step: 'end', total: 1 },
    ]);
    expect(await leat.json('list', 'tasks', 'SeeFlow/1', '--step', 'work', '--limit', '2')).toHaveLength(2);
    const refused = await leat.call(['list', 'runs', 'SeeFlow/1']);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringContaining('leat list tasks SeeFlow/1'),
    ]);
  });

  it('tag changes tags, and refuses those that are too long', async () => {
    expect(await leat.json('tag', 'SeeFlow/2', '--add', 'zwei Wörter', '--remove', 'twice')).toEqual([
      'zwei Wörter',
    ]);
    expect(await leat.json('tag', 'SeeFlow/2')).toEqual(['zwei Wörter']);
    expect((await leat.call(['tag', 'SeeFlow/2', '--add', 'x'.repeat(501)])).exitCode).toBe(2);
  });

  it('gc --dry-run names what would go and deletes nothing; a tagged run stays', async () => {
    await leat.ok(['tag', 'SeeFlow/1', '--add', 'keep']);
    await leat.ok(['run', 'flow.ts']);
    await leat.ok(['run', 'flow.ts']);
    const would = await leat.json('gc', '--keep', '1', '--dry-run');
    expect(would).toMatchObject({ runs: ['SeeFlow/3'], keptRuns: 3, dryRun: true });
    expect(await leat.json('list', 'runs')).toHaveLength(4);
    const { stdout, stderr } = await leat.ok(['gc', '--keep', '1']);
    expect([stdout, stderr]).toEqual([
      'SeeFlow/3\n',
      expect.stringMatching(/^deleted 1 run, .*; 3 runs kept\n$/),
    ]);
    expect(await leat.json('list', 'runs')).toHaveLength(3);
    expect((await leat.call(['show', 'SeeFlow/3'])).exitCode).toBe(2);
    expect(await leat.json('get', 'SeeFlow/1/end.total')).toBe(14);
  });

  it('an error of a command with --json is one JSON document', async () => {
    const { exitCode, stdout, stderr } = await leat.call(['get', 'SeeFlow/1/end.totl', '--json']);
    expect(exitCode).toBe(2);
    const { error } = JSON.parse(stdout === '' ? stderr : stdout) as {
      error: { code: string; hint: string };
    };
    expect(error).toMatchObject({ code: 'NOT_FOUND', hint: "Did you mean 'total'?" });
  });

  it('leat alone shows what there is', async () => {
    const { exitCode, stdout } = await leat.call([]);
    expect(exitCode).toBe(0);
    for (const command of ['run', 'resume', 'show', 'logs', 'gc'])
      expect(stdout).toContain(`\n  ${command} [options]`);
  });

  it('an old Node gets one line and exit code 2', async () => {
    const old =
      "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.1.0'}})";
    const { exitCode, stdout, stderr } = await leat.call(['run', 'flow.ts'], {
      NODE_OPTIONS: `--import ${old}`,
    });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^leat needs Node 24 or newer; .*\n$/);
  });
});
