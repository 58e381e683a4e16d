/** Where flows and runs may lie, and whose they are. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { Leat } from './leat.ts';
import { leatForEachTest } from './leat-for-tests.ts';

const flow = (name: string, end = ''): string => `
import { Flow, step } from 'leat';
export default class ${name} extends Flow {
  declare answer: number;
  @step start() { this.answer = 42; this.next(this.end); }
  @step end() { ${end} }
}`;

interface RunRow {
  readonly run: string;
  readonly namespace: string;
  readonly status: string;
}

describe('places', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  it('a flow whose path has spaces, umlauts, brackets and per cents runs, fails with its lines, gives its code', async () => {
    mkdirSync(join(leat.folder, 'my flöws 数/100% [new]'), { recursive: true });
    const name = 'my flöws 数/100% [new]/flöw #1.ts';
    leat.write(name, flow('OddFlow', "throw new Error('here');"));
    const { exitCode, stderr } = await leat.call(['run', name]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`at ${join(leat.folder, name)}:6:`);
    expect(await leat.json('get', 'OddFlow/1/start.answer')).toBe(42);
    expect((await leat.ok(['code', 'OddFlow/1'])).stdout).toContain('flöw #1.ts');
    leat.write(name, flow('OddFlow'));
    await leat.ok(['resume']);
  });

  it('two runs at once in one home have numbers and results of their own', async () => {
    leat.write('flow.ts', flow('TwinFlow'));
    const both = await Promise.all([leat.ok(['run', 'flow.ts']), leat.ok(['run', 'flow.ts'])]);
    const named = both.map(({ stderr }) => /^(TwinFlow\/\d+) started/.exec(stderr)?.[1] ?? stderr);
    expect(named.toSorted()).toEqual(['TwinFlow/1', 'TwinFlow/2']);
    for (const run of named) expect(await leat.json('get', `${run}/end.answer`)).toBe(42);
  });

  it('a flow may be run from elsewhere: its runs are where one stands, or in --home', async () => {
    const elsewhere = new Leat();
    try {
      const file = leat.write('flow.ts', flow('FarFlow'));
      await elsewhere.ok(['run', file]);
      await elsewhere.ok(['run', file, '--home', 'kept']);
      expect(await elsewhere.json('get', 'FarFlow/1/end.answer')).toBe(42);
      expect(await elsewhere.json('get', 'FarFlow/1/end.answer', '--home', 'kept')).toBe(42);
      expect(await leat.json('list', 'flows')).toEqual([]);
    } finally {
      elsewhere.dispose();
    }
  });

  it('a flow file that is gone is asked for by resume; --flow names where it is now', async () => {
    const file = leat.write('flow.ts', flow('GoneFlow', "throw new Error('not yet');"));
    await leat.call(['run', file]);
    renameSync(file, join(leat.folder, 'moved.ts'));
    const refused = await leat.call(['resume', 'GoneFlow/1']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`no longer there: ${file}`);
    expect(refused.stderr).toContain('--flow FILE');
    leat.write('moved.ts', flow('GoneFlow'));
    expect((await leat.ok(['resume', 'GoneFlow/1', '--flow', 'moved.ts'])).stderr).toContain('1 reused');
  });

  it('runs belong to who started them: latest and lists keep to the namespace, numbers and * see all', async () => {
    leat.write('flow.ts', flow('OurFlow'));
    await leat.ok(['run', 'flow.ts'], { LEAT_USER: 'ann' });
    await leat.ok(['run', 'flow.ts', '--namespace', 'team:ml'], { LEAT_USER: 'bob' });
    const latest = async (...args: string[]): Promise<string> =>
      (await leat.json<{ run: RunRow }>('show', 'OurFlow/latest', ...args)).run.run;
    expect(await latest('--namespace', 'user:ann')).toBe('OurFlow/1');
    expect(await latest('--namespace', '*')).toBe('OurFlow/2');
    const none = await leat.call(['show', 'OurFlow/latest']);
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toContain("no run in the namespace 'user:tester'");
    expect(await leat.json('get', 'OurFlow/1/end.answer')).toBe(42);
    const seen = async (...args: string[]): Promise<string[]> =>
      (await leat.json<RunRow[]>('list', 'runs', ...args)).map(({ namespace }) => namespace);
    expect(await seen()).toEqual([]);
    expect(await seen('--namespace', '*')).toEqual(['team:ml', 'user:ann']);
    expect((await leat.ok(['list', 'runs', '--namespace', '*'])).stdout).toMatch(/OurFlow\/2 .* team:ml/);
    expect((await leat.ok(['list', 'flows'])).stderr).toContain("namespace 'user:tester'");
  });

  it('a store that cannot be used is exit code 4, and says which file', async () => {
    leat.write('flow.ts', flow('TornFlow'));
    await leat.ok(['run', 'flow.ts']);
    leat.write('.leat/metadata.db', 'this is no database, whatever its name says');
    const { exitCode, stderr } = await leat.call(['list', 'runs']);
    expect(stderr).toMatch(/^error METADATA_\w+ .*metadata\.db/);
    expect(exitCode).toBe(4);
  });
});
