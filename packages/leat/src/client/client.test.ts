import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { writeItems } from '../datastore/items/write-items.ts';
import { packagePrefix } from '../datastore/keys.ts';
import { type Client, connect } from './client.ts';
import type { LogLine } from './read-task-log.ts';
import { loopGraph, SampleHome, type SampleRun, trainGraph } from './sample-runs.fixture.ts';

class TrainFlow {
  declare countries: string[];
  declare score: number;
  declare failed?: Error;
  declare best: string;
  step(): void {}
}

let home: SampleHome;
let client: Client;

const broke = { reason: 'error', type: 'Error', message: 'it broke' } as const;

/** A whole run of TrainFlow with three countries. */
async function trained(): Promise<SampleRun> {
  const run = await home.run(trainGraph);
  const countries = ['fi', 'se', 'us'];
  const items = await writeItems(home.datastore, countries);
  await run.succeed('start', { artifacts: { countries }, outcome: { kind: 'foreach', items } });
  for (const [index, country] of countries.entries()) {
    const artifacts = { score: index / 10, model: randomBytes(20_000) };
    await run.succeed(`train[${index}]`, { artifacts, log: `fits ${country}\ndone\n` });
  }
  await run.succeed('choose', { artifacts: { best: 'us' } });
  await run.succeed('end', { artifacts: { best: 'us' }, outcome: { kind: 'end' } });
  return run;
}

beforeEach(async () => {
  home = new SampleHome();
  await home.metadata;
  client = await connect({ home: home.folder, namespace: 'user:ada' });
});

afterEach(async () => {
  await client.close();
  await home.dispose();
});

describe('finding runs', () => {
  it('finds nothing, and creates nothing, where nothing has run', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'leat-empty-'));
    const nobody = await connect({ home: join(empty, '.leat'), namespace: '*' });
    expect(await nobody.flows()).toEqual([]);
    await expect(nobody.run('TrainFlow/latest')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('Nothing has run yet') as string,
    });
    expect(existsSync(join(empty, '.leat'))).toBe(false);
    rmSync(empty, { recursive: true });
  });

  it('takes latest from the namespace, and a number from anywhere', async () => {
    await home.run(trainGraph);
    await home.run(trainGraph, { namespace: 'user:bob', user: 'bob' });
    expect((await client.run('TrainFlow/latest')).id).toBe('1');
    expect((await client.run('TrainFlow/2')).user).toBe('bob');
    const everybody = await connect({ home: home.folder, namespace: '*' });
    expect((await everybody.run(TrainFlow)).id).toBe('2');
    await everybody.close();
  });

  it('says where a run is that latest does not find', async () => {
    await home.run(trainGraph, { namespace: 'user:bob', user: 'bob' });
    await expect(client.run('TrainFlow/latest')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: "'TrainFlow' has no run in the namespace 'user:ada'",
      hint: expect.stringContaining("'TrainFlow/1' in 'user:bob'") as string,
    });
  });

  it('names the nearest flow, step, task, artifact and the newest run', async () => {
    await trained();
    const hint = (text: string): object => ({
      code: 'NOT_FOUND',
      hint: expect.stringContaining(text) as string,
    });
    await expect(client.run('TrainFlw/1')).rejects.toMatchObject(hint("'TrainFlow'"));
    await expect(client.run('TrainFlow/9')).rejects.toMatchObject(hint("'TrainFlow/1'"));
    await expect(client.task('TrainFlow/1/trian[0]')).rejects.toMatchObject(hint("'train'"));
    await expect(client.task('TrainFlow/1/train[7]')).rejects.toMatchObject(hint("'train[0]'"));
    await expect(client.artifact('TrainFlow/1/end.bset')).rejects.toMatchObject(hint("'best'"));
    await expect(client.run('TrainFlow')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(client.run('Train Flow/1')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('lists flows and runs', async () => {
    await home.run(trainGraph, { tags: ['nightly'] });
    await home.run(loopGraph);
    await (await home.run(trainGraph)).end('failed');
    expect((await client.flows()).map(({ name, runCount }) => [name, runCount])).toEqual([
      ['LoopFlow', 1],
      ['TrainFlow', 2],
    ]);
    const flow = await client.flow('TrainFlow');
    expect(flow.latest.address).toBe('TrainFlow/2');
    expect((await Array.fromAsync(flow.runs({ tags: ['nightly'] }))).map(({ id }) => id)).toEqual(['1']);
    expect((await Array.fromAsync(client.runs({ limit: 2 }))).map(({ address }) => address)).toEqual([
      'TrainFlow/2',
      'LoopFlow/1',
    ]);
  });
});

describe('a run', () => {
  it('tells how it stands, what it was given, and its steps with their counts', async () => {
    await trained();
    const run = await client.run('TrainFlow/latest');
    expect([run.status, run.user, run.systemTags, run.abandoned]).toEqual([
      'running',
      'ada',
      ['user:ada'],
      false,
    ]);
    expect(await run.parameterValues()).toEqual({ alpha: 0.1 });
    expect(run.steps().map(({ name }) => name)).toEqual(['start', 'train', 'choose', 'end']);
    expect(await run.step('train').counts()).toMatchObject({ total: 3, byStatus: { succeeded: 3 } });
    expect(await run.tag({ add: ['best'] })).toEqual(['best']);
    expect((await run.refresh()).tags).toEqual(['best']);
  });

  it('is abandoned when it runs and nobody holds its lease', async () => {
    const { lease } = await home.run(trainGraph);
    await (await home.metadata).releaseLease(lease);
    expect((await client.run('TrainFlow/1')).abandoned).toBe(true);
  });

  it('shows the first failure first', async () => {
    const run = await home.run(trainGraph);
    for (const task of ['train[2]', 'train[0]', 'train[1]']) await run.fail(task, broke);
    const failures = await (await client.run('TrainFlow/1')).failures(2);
    expect(failures.map(({ address, failure }) => [address, failure?.message])).toEqual([
      ['train[2]', 'it broke'],
      ['train[0]', 'it broke'],
    ]);
  });

  it('waits for its end', async () => {
    const run = await home.run(trainGraph);
    const waiting = (await client.run('TrainFlow/1')).wait();
    await run.end('succeeded');
    expect((await waiting).status).toBe('succeeded');
  });
});

describe('tasks and artifacts', () => {
  it('types what it reads by the class of the flow', async () => {
    await trained();
    const run = await client.run(TrainFlow, 'latest');
    const task = await run.task('train[1]');
    const score = await task.get('score');
    expectTypeOf(score).toEqualTypeOf<number>();
    expect(score).toBe(0.1);
    // @ts-expect-error no such artifact
    await expect(task.get('scoer')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    // @ts-expect-error a method is no artifact
    await expect(task.get('step')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const untyped = await (await client.run('TrainFlow/1')).task('train[1]');
    expectTypeOf(await untyped.get('score')).toEqualTypeOf<unknown>();
    expectTypeOf(
      await (await client.run<TrainFlow>('TrainFlow/1')).task('end').then((end) => end.get('best')),
    ).toEqualTypeOf<string>();
  });

  it('lists artifacts without loading them, and reads large ones, small ones and parameters', async () => {
    await trained();
    const task = await client.task('TrainFlow/1/train[2]');
    const facts = await task.artifacts();
    expect(facts.map(({ name, type }) => [name, type])).toEqual([
      ['score', 'number'],
      ['model', expect.any(String)],
    ]);
    expect(await task.get('model')).toHaveLength(20_000);
    expect(await task.get('alpha')).toBe(0.1);
    expect([await task.has('score'), await task.has('alpha'), await task.has('nothing')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(await client.artifact('TrainFlow/1/end.best')).toBe('us');
  });

  it('takes a step for its only task', async () => {
    const run = await home.run(trainGraph);
    await run.succeed('train[4]');
    expect((await client.task('TrainFlow/1/train')).address).toBe('train[4]');
    await run.succeed('train[5]');
    await expect(client.task('TrainFlow/1/train')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('knows the item, the parents and the children of each task', async () => {
    await trained();
    const run = await client.run('TrainFlow/1');
    const names = async (tasks: AsyncIterable<{ address: string }>): Promise<string[]> =>
      (await Array.fromAsync(tasks)).map(({ address }) => address);
    const all = ['train[0]', 'train[1]', 'train[2]'];
    const [start, train, choose] = [
      await run.task('start'),
      await run.task('train[1]'),
      await run.task('choose'),
    ];
    expect(await train.item()).toBe('se');
    expect(await choose.item()).toBeUndefined();
    expect(await names(start.parents())).toEqual([]);
    expect(await names(start.children())).toEqual(all);
    expect([await names(train.parents()), await names(train.children())]).toEqual([['start'], ['choose']]);
    expect([await names(choose.parents()), await names(choose.children())]).toEqual([all, ['end']]);
  });

  it('follows loops back and forth', async () => {
    const run = await home.run(loopGraph);
    await run.succeed('start');
    for (const [round, choice] of ['again', 'again', 'done'].entries()) {
      const suffix = round === 0 ? '' : `~${round}`;
      await run.succeed(`work${suffix}`);
      await run.succeed(`decide${suffix}`, { outcome: { kind: 'switch', choice } });
    }
    await run.succeed('end', { outcome: { kind: 'end' } });
    const parents = async (task: string): Promise<string[]> =>
      (await Array.fromAsync((await client.task(`LoopFlow/1/${task}`)).parents())).map(
        ({ address }) => address,
      );
    const children = async (task: string): Promise<string[]> =>
      (await Array.fromAsync((await client.task(`LoopFlow/1/${task}`)).children())).map(
        ({ address }) => address,
      );
    expect([await parents('work'), await parents('work~1'), await parents('end')]).toEqual([
      ['start'],
      ['decide'],
      ['decide~2'],
    ]);
    expect([await children('decide'), await children('decide~2'), await children('work~1')]).toEqual([
      ['work~1'],
      ['end'],
      ['decide~1'],
    ]);
  });

  it('iterates a wide step in order, in pages', async () => {
    const run = await home.run(trainGraph);
    const width = 2_500;
    const tasks = Array.from({ length: width }, (_, index) => `train[${index}]`);
    await run.append(
      ...tasks.map(
        (task) =>
          ({ type: 'attempt-submitted', at: 1, task, attempt: 0, layer: 'local', token: task }) as const,
      ),
    );
    const step = (await client.run('TrainFlow/1')).step('train');
    const read: string[] = [];
    for await (const { address } of step.tasks()) read.push(address);
    expect(read).toEqual(tasks);
    expect((await Array.fromAsync(step.tasks({ limit: 1_200, after: 'train[1299]' }))).at(-1)?.address).toBe(
      'train[2499]',
    );
  });
});

describe('logs', () => {
  const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);

  it('reads what a task printed, of the newest attempt or of one', async () => {
    const run = await home.run(trainGraph);
    await run.fail('train[0]', broke, 5);
    await home.print(run.id, { step: 'train', path: [0], iteration: 0 }, 0, 'first try\n');
    await run.succeed('train[0]', { log: 'second try\n' });
    expect(await Array.fromAsync(client.logs('TrainFlow/1/train[0]'))).toEqual([
      { attempt: 1, at: 7, stream: 'stdout', text: 'second try' },
    ]);
    expect(texts(await Array.fromAsync(client.logs('TrainFlow/1/train[0]@0')))).toEqual(['first try']);
    await expect(Array.fromAsync(client.logs('TrainFlow/1/train[0]@2'))).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('follows a task over its retries until it has ended', async () => {
    const run = await home.run(trainGraph);
    const address = { step: 'train', path: [0], iteration: 0 };
    await run.fail('train[0]', broke, 5);
    await home.print(run.id, address, 0, 'first try\n');
    const lines: string[] = [];
    for await (const { text } of client.logs('TrainFlow/1/train[0]', { follow: true })) {
      lines.push(text);
      if (text === 'first try') await run.succeed('train[0]', { log: 'second try\n' });
    }
    expect(lines).toEqual(['first try', 'second try']);
  });

  it('waits for what comes late of a task that ran elsewhere, until its run has ended', async () => {
    const run = await home.run(trainGraph);
    const [task, attempt] = ['train[0]', 0];
    await run.append(
      { type: 'attempt-submitted', at: 1, task, attempt, layer: 'elsewhere', token: 'x' },
      { type: 'attempt-failed', at: 2, task, attempt, failure: broke },
    );
    const print = async (text: string): Promise<void> =>
      home.print(run.id, { step: 'train', path: [0], iteration: 0 }, attempt, text);
    await print('before\n');
    const lines: string[] = [];
    for await (const { text } of client.logs('TrainFlow/1/train[0]', { follow: true })) {
      lines.push(text);
      // Later than what a task of this machine prints would be waited for.
      if (text === 'before') setTimeout(() => void print('after\n'), 1500);
      else await run.end('failed');
    }
    expect(lines).toEqual(['before', 'after']);
  });

  it('ends when it is told to, and when nobody drives the run', async () => {
    const run = await home.run(trainGraph);
    const token = 'x';
    await run.append({ type: 'attempt-submitted', at: 1, task: 'start', attempt: 0, layer: 'local', token });
    await home.print(run.id, { step: 'start', path: [], iteration: 0 }, 0, 'one\n');
    const told = new AbortController();
    for await (const { text } of client.logs('TrainFlow/1/start', { follow: true, signal: told.signal })) {
      expect(text).toBe('one');
      told.abort();
    }
    await (await home.metadata).releaseLease(run.lease);
    expect(texts(await Array.fromAsync(client.logs('TrainFlow/1/start', { follow: true })))).toEqual(['one']);
  });

  it('reads the log of a reused task where it was written', async () => {
    const origin = await home.run(trainGraph);
    const manifest = await origin.succeed('train[0]', { artifacts: { score: 1 }, log: 'then\n' });
    const run = await home.run(trainGraph, { originRun: origin.id });
    await run.append({
      type: 'task-reused',
      at: 1,
      task: 'train[0]',
      manifest,
      outcome: { kind: 'linear' },
      originRun: '1',
    });
    const task = await client.task('TrainFlow/2/train[0]');
    expect([task.originRun, await task.get('score')]).toEqual(['TrainFlow/1', 1]);
    expect(texts(await Array.fromAsync(task.log()))).toEqual(['then']);
  });
});

/** A stored package of one file, with what a bundler's source map says. */
async function storePackage(hash: string, text: string): Promise<void> {
  const map = {
    version: 3,
    sources: ['flow.ts', 'node_modules/lib/index.js'],
    sourcesContent: [text, 'lib'],
    mappings: '',
    names: [],
  };
  const facts = {
    hash,
    entry: 'flow.js',
    files: [{ name: 'flow.js' }, { name: 'flow.js.map' }],
    sources: [{ path: 'flow.ts', hash: 'x' }],
  };
  await home.datastore.put(`${packagePrefix(hash)}flow.js.map`, [Buffer.from(JSON.stringify(map))]);
  await home.datastore.put(`${packagePrefix(hash)}package.json`, [Buffer.from(JSON.stringify(facts))]);
}

describe('code and differences', () => {
  it('gives the source back that ran, libraries on request', async () => {
    await storePackage('abc', 'export default 1;');
    await home.run(trainGraph);
    const run = await client.run('TrainFlow/1');
    expect(await run.code()).toEqual([{ path: 'flow.ts', text: 'export default 1;', own: true }]);
    expect((await run.code({ libraries: true })).map(({ path }) => path)).toEqual([
      'flow.ts',
      'node_modules/lib/index.js',
    ]);
  });

  it('tells what differs: parameters, artifacts of end, steps, code', async () => {
    await storePackage('abc', 'one');
    await storePackage('def', 'two');
    const before = await home.run(trainGraph);
    await before.succeed('train[0]', { artifacts: { score: 1, same: 2 } });
    await before.succeed('end', { artifacts: { best: 'us', kept: 1, old: 1 } });
    const after = await home.run(trainGraph, { package: 'def', parameters: { alpha: 0.2 } });
    await after.succeed('train[0]', { artifacts: { score: 3, same: 2 } });
    await after.succeed('end', { artifacts: { best: 'fi', kept: 1 } });
    const diff = await client.diff('TrainFlow/1', 'TrainFlow/2');
    expect(diff.parameters).toEqual([{ name: 'alpha', before: 0.1, after: 0.2 }]);
    expect(diff.artifacts.map(({ name }) => name)).toEqual(['best', 'old']);
    expect(diff.artifacts[1]).not.toHaveProperty('after');
    expect(diff.steps).toMatchObject([
      { step: 'train', compared: 1, artifacts: [{ name: 'score', tasks: 1 }], sourceChanged: false },
      {
        step: 'end',
        artifacts: [
          { name: 'best', tasks: 1 },
          { name: 'old', tasks: 1 },
        ],
      },
    ]);
    expect(diff.code).toEqual([{ name: 'flow.ts', before: 'one', after: 'two' }]);
    expect(await client.diff('TrainFlow/1', 'TrainFlow/1')).toMatchObject({
      parameters: [],
      artifacts: [],
      steps: [],
      code: [],
    });
  });
});
