import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PostgresServer } from '@leat/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

// Item 2 waits until there is a file `go`; item 4 fails as long as there is a file `bad`.
const flow = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step, type Inputs } from 'leat';
export default class TeamFlow extends Flow {
  declare sum: number;
  declare square: number;
  @step start() { this.next(this.work, { foreach: [0, 1, 2, 3, 4, 5] }); }
  @step async work(item: number) {
    appendFileSync('ran.txt', item + '\\n');
    console.log('begin ' + item);
    if (item === 4 && existsSync('bad')) throw new Error('item four is bad');
    while (item === 2 && !existsSync('go')) await setTimeout(10);
    this.square = item * item;
    this.next(this.join);
  }
  @step join(inputs: Inputs<TeamFlow>) {
    this.sum = inputs.reduce((sum, one) => sum + one.square, 0);
    this.next(this.end);
  }
  @step end() {}
}`;

describe('metadata on PostgreSQL, from the command line', () => {
  let server: PostgresServer;
  let leat: Leat;
  let url: string;
  let schemas = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(async () => server.stop());
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
    url = server.url(`?schema=leat_${(schemas += 1)}`);
  });

  /** How often the body of each item's task began. */
  const timesRan = (): number[] => {
    const lines = readFileSync(join(leat.folder, 'ran.txt'), 'utf8').trim().split('\n');
    return [0, 1, 2, 3, 4, 5].map((item) => lines.filter((line) => line === String(item)).length);
  };

  it('runs, fails, is resumed, listed and forgotten, and shows the password nowhere', async () => {
    leat.write('go', '');
    const bad = leat.write('bad', '');
    const at = ['--metadata', url];
    const failed = await leat.call(['run', 'flow.ts', ...at]);
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain('item four is bad');

    rmSync(bad);
    const resumed = await leat.ok(['resume', ...at]);
    expect(resumed.stderr).toContain('resuming TeamFlow/1 (failed)');
    expect(timesRan()).toEqual([1, 1, 1, 1, 2, 1]);

    const env = { LEAT_METADATA: url };
    expect((await leat.ok(['get', 'TeamFlow/latest/join.sum'], env)).stdout.trim()).toBe('55');
    const runs = await leat.ok(['list', 'runs', '--json'], env);
    expect((JSON.parse(runs.stdout) as { id: string }[]).map(({ id }) => id)).toEqual(['2', '1']);
    expect((await leat.ok(['list', 'tasks', 'TeamFlow/1', '--status', 'failed', ...at])).stdout).toContain(
      'work[4]',
    );
    expect((await leat.ok(['logs', 'TeamFlow/2/work[4]', ...at])).stdout).toContain('begin 4');
    const shown = await leat.ok(['show', 'TeamFlow/2', '--json'], env);
    const doctor = await leat.ok(['doctor', ...at]);
    expect(doctor.stdout + doctor.stderr).toContain('healthy');
    const wrong = await leat.call(['list', 'runs', `--metadat=${url}`]);
    const refused = await leat.call(['list', 'runs', '--metadata', url.replace('leat:', 'nobody:')]);
    expect(refused).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('METADATA_UNAVAILABLE') as string,
    });

    await leat.ok(['gc', '--keep', '1', '--grace', '1', ...at]);
    expect((await leat.ok(['list', 'runs', ...at])).stdout).not.toContain('TeamFlow/1');
    expect((await leat.ok(['get', 'TeamFlow/latest/join.sum'], env)).stdout.trim()).toBe('55');

    expect(existsSync(join(leat.folder, '.leat/metadata.db'))).toBe(false);
    const said = [failed, resumed, runs, shown, doctor, wrong, refused].flatMap(({ stdout, stderr }) => [
      stdout,
      stderr,
    ]);
    expect(said.join('\n')).not.toContain(server.password);
    expect(filesWith(join(leat.folder, '.leat'), server.password)).toEqual([]);
  });

  it('has a run whose engine died recovered by another process, while a third one looks', async () => {
    const env = { LEAT_METADATA: url };
    const run = leat.start(['run', 'flow.ts', '--max-workers', '2'], env);
    await run.stdoutHas('begin 2');
    await run.stdoutHas('begin 5');
    run.kill('SIGKILL');
    await run.done;
    await leat.noneLeft();
    expect((await leat.ok(['show', 'TeamFlow/1'], env)).stdout).toContain('TeamFlow/1 abandoned');

    leat.write('go', '');
    const recovered = await leat.ok(['recover', 'TeamFlow/1'], env);
    expect(recovered.stderr).toContain('TeamFlow/1 succeeded');
    const times = timesRan();
    expect(times[2]).toBe(2);
    expect([times[0], times[1], times[3], times[4]]).toEqual([1, 1, 1, 1]);
    expect(filesWith(join(leat.folder, '.leat'), server.password)).toEqual([]);
  });

  it('goes on when the server crashes under it: no result is lost, no task is committed twice', async () => {
    const env = { LEAT_METADATA: url };
    const run = leat.start(['run', 'flow.ts', '--max-workers', '2'], env);
    await run.stdoutHas('begin 2');
    await server.crash();
    leat.write('go', '');
    await server.startAgain();
    const { exitCode, stderr } = await run.done;
    expect(stderr).toContain('TeamFlow/1 succeeded');
    expect(exitCode).toBe(0);
    expect(timesRan()).toEqual([1, 1, 1, 1, 1, 1]);
    expect((await leat.ok(['get', 'TeamFlow/1/join.sum'], env)).stdout.trim()).toBe('55');
  });

  it('keeps the runs of two homes apart where their data are', async () => {
    const env = { LEAT_METADATA: url };
    leat.write('go', '');
    await leat.ok(['run', 'flow.ts', '--home', 'ada'], env);
    await leat.ok(['run', 'flow.ts', '--home', 'bob'], env);
    const listed = (await leat.ok(['list', 'runs', '--home', 'bob'], env)).stdout;
    expect(listed).toContain('TeamFlow/1');
    expect(listed).toContain('TeamFlow/2');
    const foreign = await leat.call(['resume', 'TeamFlow/1', '--from', 'work', '--home', 'bob'], env);
    expect(foreign).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('--home FOLDER') as string,
    });
    await leat.ok(['run', 'flow.ts', '--home', 'bob'], env);
    await leat.ok(['gc', '--keep', '1', '--home', 'bob'], env);
    const left = (await leat.ok(['list', 'runs', '--json'], env)).stdout;
    expect((JSON.parse(left) as { id: string }[]).map(({ id }) => id)).toEqual(['3', '1']);
    expect((await leat.ok(['get', 'TeamFlow/1/join.sum', '--home', 'bob'], env)).stdout.trim()).toBe('55');
  });
});

/** Files under a folder with a text in them. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}
