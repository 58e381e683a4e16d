// Whole runs on the Batch layer, through the command line: jobs in real containers, results in S3, a server with Batch's semantics. What
// happens to engines, instances and the network must cost nobody a result.
import { type ContainerEngine, type BatchServer, type Fault, FaultProxy, testImage } from '@leat/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { type BatchPlace, openBatch } from './batch-place.ts';

let place: BatchPlace;
let engine: ContainerEngine;
let server: BatchServer;
let image = '';
let leat: Leat;

beforeAll(async () => {
  place = await openBatch();
  ({ engine, server, image } = place);
}, 300_000);

afterAll(async () => place.close());

beforeEach(() => {
  leat = new Leat({ ...place.environment, LEAT_DATASTORE: `s3://${place.bucket}/leat` });
});

afterEach(() => leat.dispose());

/** `count` squares; items wait so many milliseconds. */
const squares = (count: number, waitMs: number, inEach = ''): string => `
import { setTimeout } from 'node:timers/promises';
import { Flow, step, local, retry, current, type Inputs } from 'leat';
export default class SquareFlow extends Flow {
  declare square: number;
  declare squares: number[];
  declare where: (string | undefined)[];
  @local @step start() { this.next(this.work, { foreach: Array.from({ length: ${count} }, (_, at) => at) }); }
  @step async work(item: number) {
    console.log('begin ' + item);
    await setTimeout(${waitMs});
    ${inEach}
    this.square = item * item;
    this.next(this.join);
  }
  @step join(inputs: Inputs<SquareFlow>) {
    this.squares = inputs.map((one) => one.square);
    this.next(this.end);
  }
  @local @step end() { console.log('squares ' + this.squares.join(' ')); }
}`;

const told = (count: number): string =>
  `squares ${Array.from({ length: count }, (_, at) => at * at).join(' ')}`;

/** Names of the jobs that Batch has for a run, whatever became of them. */
const jobsOf = async ({ stderr }: { readonly stderr: string }): Promise<readonly string[]> => {
  const run = /SquareFlow\/(\d+) started/.exec(stderr)?.[1] ?? 'none';
  return (await server.jobs(`leat-SquareFlow-${run}-`)).map(({ jobName }) => jobName).toSorted();
};

const calls = async (name: string): Promise<number> => (await server.calls())[name] ?? 0;

describe('a run on Batch', { timeout: 300_000 }, () => {
  it('goes from this machine to Batch and back; its states, logs and results are told as everywhere', async () => {
    leat.write('flow.ts', squares(5, 10));
    const before = await calls('submitjob');
    const { stdout, stderr } = await leat.ok(['run', 'flow.ts', '--with', 'batch:memory=300']);
    expect(stdout).toContain(told(5));
    expect(stdout).toContain('[work[3]] begin 3');
    // One array for the foreach, one job for the join.
    expect((await calls('submitjob')) - before).toBe(2);
    for (const text of [
      'SUBMITTED as job',
      ' https://us-east-1.console.aws.amazon.com/batch/home',
      'RUNNING',
    ])
      expect(stderr).toContain(text);
    expect((await leat.ok(['logs', 'SquareFlow/latest/work[2]'])).stdout).toContain('begin 2');
    const tasks = await leat.tasks('SquareFlow/latest');
    expect(tasks.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'succeeded'));
  });

  it('takes an image without Node: its step calls what the image has, with the Node of the datastore', async () => {
    leat.write(
      'flow.ts',
      `
import { execFileSync } from 'node:child_process';
import { Flow, step, local } from 'leat';
export default class ToolFlow extends Flow {
  declare product: number;
  declare node: string;
  @local @step start() { this.next(this.far); }
  @step far() {
    this.product = Number(execFileSync('python3', ['-c', 'print(6*7)'], { encoding: 'utf8' }));
    this.node = process.execPath;
    this.next(this.end);
  }
  @local @step end() {}
}`,
    );
    const python = await testImage(engine, 'python');
    expect((await engine.podman('run', '--rm', python, 'sh', '-c', 'command -v node')).code).not.toBe(0);
    await leat.ok(['run', 'flow.ts', '--with', 'batch:memory=300'], { LEAT_BATCH_IMAGE: python });
    const far = (await leat.artifacts('ToolFlow/latest')).get('far');
    expect(far).toEqual({ product: 42, node: expect.stringMatching(/^\/.*\/node$/) });
  });

  it('goes on in a process, a container and a job of Batch, one step each', async () => {
    leat.write(
      'flow.ts',
      `
import { Flow, step, container, layerDecorator } from 'leat';
const batch = layerDecorator<{ memory: number }>('batch');
export default class MixedFlow extends Flow {
  declare trail: string[];
  @step start() { this.trail = ['here ' + (process.env.AWS_BATCH_JOB_ID !== undefined)]; this.next(this.boxed); }
  @container({ image: '${image}', network: 'host' })
  @step boxed() { this.trail.push('boxed ' + (process.env.AWS_BATCH_JOB_ID !== undefined)); this.next(this.far); }
  @batch({ memory: 300 })
  @step far() { this.trail.push('far ' + (process.env.AWS_BATCH_JOB_ID !== undefined)); this.next(this.end); }
  @step end() { console.log(this.trail.join(', ')); }
}`,
    );
    const { stdout } = await leat.ok(['run', 'flow.ts'], { ...engine.environment, DOCKER_HOST: engine.host });
    expect(stdout).toContain('here false, boxed false, far true');
  });

  it('is refused where it can never run, before anything runs', async () => {
    leat.write('flow.ts', squares(2, 10));
    const { exitCode, stderr } = await leat.call(['run', 'flow.ts', '--with', 'batch:queue=nowhere']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("there is no job queue 'nowhere' in us-east-1");
    const folder = await leat.call(['run', 'flow.ts', '--with', 'batch'], { LEAT_DATASTORE: undefined });
    expect(folder.exitCode).toBe(3);
    expect(folder.stderr).toContain('cannot reach the datastore');
    expect(folder.stderr).toContain('--datastore s3://BUCKET/PREFIX');
    const checked = await leat.call(['check', 'flow.ts', '--with', 'batch'], { LEAT_DATASTORE: undefined });
    // A run also says where each step would have gone.
    const refusal = folder.stderr.slice(folder.stderr.indexOf('error '));
    expect([checked.exitCode, checked.stderr]).toEqual([3, refusal]);
  });

  it('loses nothing when its engine is killed: another one finds the same jobs', async () => {
    leat.write('flow.ts', squares(4, 20_000));
    const before = await calls('submitjob');
    const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300']);
    await run.stdoutHas('work[0] RUNNING');
    run.kill('SIGKILL');
    await run.done;
    const { stdout } = await leat.ok(['recover', 'SquareFlow/latest']);
    expect(stdout).toContain(told(4));
    expect((await calls('submitjob')) - before).toBe(2);
    const attempts = (await leat.tasks('SquareFlow/latest')).map((task) => task.attempts);
    expect(new Set(attempts)).toEqual(new Set([1]));
  });

  it('is sent once when its engine dies after Batch has taken a job and before it has said so', async () => {
    const proxy = await FaultProxy.start({ upstream: server.endpoint });
    try {
      leat.write('flow.ts', squares(3, 10));
      const before = await calls('submitjob');
      const { answered } = await proxy.holdNext('/v1/submitjob');
      const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300'], {
        AWS_ENDPOINT_URL_BATCH: proxy.endpoint,
      });
      await answered;
      run.kill('SIGKILL');
      const { stderr } = await run.done;
      expect(stderr).not.toContain('SUBMITTED as job');
      expect((await calls('submitjob')) - before).toBe(1);
      const { stdout } = await leat.ok(['recover', 'SquareFlow/latest']);
      expect(stdout).toContain(told(3));
      // The array that Batch had taken, and the join: no third.
      expect((await calls('submitjob')) - before).toBe(2);
      const attempts = (await leat.tasks('SquareFlow/latest')).map((task) => task.attempts);
      expect(new Set(attempts)).toEqual(new Set([1]));
    } finally {
      await proxy.stop();
    }
  });

  it('with --detach goes on when its engine is told to leave', async () => {
    leat.write('flow.ts', squares(3, 20_000));
    const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300', '--detach']);
    await run.stdoutHas('work[0] RUNNING');
    run.kill('SIGINT');
    const { exitCode, stderr } = await run.done;
    expect(exitCode).toBe(130);
    expect(stderr).toContain('goes on without this engine: 3 tasks under way');
    expect(await calls('terminatejob')).toBe(0);
    const { stdout } = await leat.ok(['recover', 'SquareFlow/latest']);
    expect(stdout).toContain(told(3));
  });

  it('ends its jobs when it is cancelled', async () => {
    leat.write('flow.ts', squares(3, 600_000));
    const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300']);
    await run.stdoutHas('work[0] RUNNING');
    run.kill('SIGINT');
    const { exitCode } = await run.done;
    expect(exitCode).toBe(130);
    expect((await engine.podman('ps', '-q', '--filter', 'name=batch-')).stdout).toBe('');
  });

  it('tries again what lost its instance, without using up a try', async () => {
    leat.write('flow.ts', squares(2, 15_000));
    const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300,spotRetries=0', '--json']);
    await run.stdoutHas('"task":"work[1]","attempt":0,"state":"running"');
    const { stdout: shown } = await leat.ok(['show', 'SquareFlow/latest/work[1]', '--json']);
    await server.reclaim(/"job":\s*"([^"]+)"/.exec(shown)?.[1] ?? 'none');
    const { exitCode, stdout } = await run.done;
    expect(exitCode, stdout).toBe(0);
    const task = (await leat.tasks('SquareFlow/latest')).find((each) => each.task === 'work[1]');
    expect(task).toMatchObject({ status: 'succeeded', attempts: 2 });
  });

  it.each(['', 'chunk: 4'])(
    'sends the items that failed together once more, and no other, with { %s }',
    async (chunks) => {
      const fail = "if (current.attempt === 0 && [1, 4, 8].includes(item)) throw new Error('not at once');";
      const decorated = `@retry({ times: 1, minutesBetweenRetries: 0 }) @step({ isolation: 'reuse', ${chunks} }) async work`;
      leat.write('flow.ts', squares(10, 10, fail).replace('@step async work', decorated));
      const before = await calls('submitjob');
      const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300']);
      const sent = async (): Promise<number> => (await calls('submitjob')) - before;
      await expect.poll(sent, { timeout: 60_000 }).toBe(1);
      // Asleep until all have ended, the engine learns of the three failures at once.
      run.kill('SIGSTOP');
      try {
        const ended = async (): Promise<boolean> =>
          (await server.jobs('leat-SquareFlow-')).every(({ status }) =>
            ['SUCCEEDED', 'FAILED'].includes(status),
          );
        await expect.poll(ended, { timeout: 200_000, interval: 500 }).toBe(true);
      } finally {
        run.kill('SIGCONT');
      }
      const { exitCode, stdout, stderr } = await run.done;
      expect(exitCode, stderr).toBe(0);
      expect(stdout).toContain(told(10));
      const tasks = await leat.tasks('SquareFlow/latest');
      const attempts = tasks.filter(({ step }) => step === 'work').map((task) => task.attempts);
      expect(attempts).toEqual([1, 2, 1, 1, 2, 1, 1, 1, 2, 1]);
      // The array, the three that failed, the join; more where their results take their time to be read. On virtual time: `run-loop.test.ts`.
      expect(await sent()).toBeGreaterThanOrEqual(3);
      expect(await sent()).toBeLessThanOrEqual(5);
    },
  );

  it('neither loses, doubles nor wrongly fails a task when a third of all calls go wrong', async () => {
    const faults: readonly Fault[] = [
      'error',
      'busy',
      'throttled',
      'refused',
      'lost',
      'torn',
      'slow',
      'silent',
    ];
    const proxy = await FaultProxy.start({ upstream: server.endpoint, share: 0.3, seed: 7, faults });
    try {
      leat.write('flow.ts', squares(6, 10));
      // Of the other tests, whose runs have the same number.
      const before = new Set(await jobsOf({ stderr: 'SquareFlow/1 started' }));
      // Whatever is drawn: the array is taken, and nobody is told.
      await proxy.holdNext('/v1/submitjob');
      // Tasks speak to the store themselves; the troubles are the engine's here.
      const run = await leat.ok(['run', 'flow.ts', '--with', 'batch:memory=300'], {
        AWS_ENDPOINT_URL_BATCH: proxy.endpoint,
      });
      expect(run.stdout).toContain(told(6));
      const tasks = await leat.tasks('SquareFlow/latest');
      expect(tasks.map(({ status, attempts }) => `${status} ${attempts}`)).toEqual(
        Array.from({ length: 9 }, () => 'succeeded 1'),
      );
      // A second array would be ended by the engine, and still be listed.
      expect((await jobsOf(run)).filter((name) => !before.has(name))).toEqual([
        expect.stringMatching(/-join-\w+$/),
        expect.stringMatching(/-work-\w+$/),
      ]);
      const seen = await proxy.seen();
      expect(seen.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(2);
    } finally {
      await proxy.stop();
    }
  });
});
