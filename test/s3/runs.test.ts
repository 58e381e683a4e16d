/** Whole runs with their data in S3, through the command line, and what they ask of the server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultProxy, MotoServer, type SeenRequest } from '@leat/testing';
import { openS3Datastore } from '@leat/aws/s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';

const squares = `
import { Flow, parameter, step, type Inputs } from 'leat';
export default class SquareFlow extends Flow {
  factor = parameter(2);
  fail = parameter('');
  declare numbers: number[];
  declare square: number;
  declare large: Uint8Array;
  declare sum: number;
  @step start() {
    this.numbers = [1, 2, 3, 4];
    console.log('start ünïcode 🙂');
    this.next(this.work, { foreach: this.numbers });
  }
  @step work(n: number) {
    console.log('work', n);
    if (process.env.FAIL === String(n)) throw new Error('told to fail');
    this.square = n * n * this.factor;
    this.large = new Uint8Array(300_000).fill(n);
    this.next(this.join);
  }
  @step join(inputs: Inputs<SquareFlow>) {
    this.sum = inputs.reduce((sum, task) => sum + task.square + (task.large[0] ?? 0), 0);
    this.next(this.end);
  }
  @step end() { console.log('sum', this.sum); }
}`;

/** Ends after some items, so that its width is all that differs. */
const wide = (width: number): string => `
import { Flow, step, type Inputs } from 'leat';
export default class WideFlow extends Flow {
  declare made: number;
  @step start() { this.next(this.work, { foreach: Array.from({ length: ${width} }, (_, index) => index) }); }
  @step work(n: number) {
    if (n === 6) throw new Error('enough');
    this.made = n * 2;
    this.next(this.join);
  }
  @step join(inputs: Inputs<WideFlow>) { this.next(this.end); }
  @step end() {}
}`;

let moto: MotoServer;
let proxy: FaultProxy;
let leat: Leat;

beforeAll(async () => {
  moto = await MotoServer.start();
  await moto.createBucket('leat-runs');
  proxy = await FaultProxy.start({ upstream: moto.endpoint, slowMs: 50 });
});
afterAll(async () => {
  await proxy.stop();
  await moto.stop();
});
beforeEach(async () => {
  leat = new Leat({ ...moto.env, AWS_ENDPOINT_URL: proxy.endpoint, LEAT_PROFILE: 'none' });
  leat.write('flow.ts', squares);
  await proxy.reset();
});
afterEach(() => leat.dispose());

const store = ['--datastore', 's3://leat-runs/e2e'];

describe('a run with its data in S3', () => {
  it('is shown, read, logged, resumed, examined and collected as any other, wherever its data are', async () => {
    const failed = await leat.call(['run', 'flow.ts', ...store], { FAIL: '3' });
    expect(failed).toMatchObject({ exitCode: 1 });
    const resumed = await leat.ok(['resume', 'SquareFlow/1']);
    expect(resumed.stdout + resumed.stderr).toContain('SquareFlow/2 succeeded');
    expect(await leat.json('get', 'SquareFlow/2/end.sum')).toBe(70);
    const large =
      (await leat.ok(['get', 'SquareFlow/2/work[3].large', '--output', 'large.bin'])) &&
      readFileSync(join(leat.folder, 'large.bin'));
    expect(large.includes(Buffer.alloc(300_000, 4))).toBe(true);
    expect((await leat.ok(['logs', 'SquareFlow/1/start'])).stdout).toBe('start ünïcode 🙂\n');
    expect((await leat.ok(['logs', 'SquareFlow/2/work[2]'])).stdout).toBe('work 3\n');
    expect((await leat.ok(['show', 'SquareFlow/2'])).stdout).toContain('succeeded');
    expect((await leat.ok(['doctor', ...store])).stderr).toMatch(/2 runs/);
    const gone = await leat.ok(['gc', '--keep', '1', '--grace', '1', ...store, '--json']);
    // The run that stays took results over from the other one.
    expect(JSON.parse(gone.stdout)).toMatchObject({ runs: ['SquareFlow/1'], keptRuns: 1 });
    expect(await leat.json('get', 'SquareFlow/2/end.sum')).toBe(70);
    expect((await leat.ok(['doctor', ...store])).stderr).toMatch(/1 run/);
  });

  it('and one in the folder stay apart in one home', async () => {
    await leat.ok(['run', 'flow.ts', ...store]);
    await leat.ok(['run', 'flow.ts', '--factor', '3']);
    const [far, near] = await Promise.all([1, 2].map(async (id) => leat.json('show', `SquareFlow/${id}`)));
    expect(far).toMatchObject({
      run: { datastore: expect.stringMatching(/^s3:\/\/leat-runs\/e2e\/home-[0-9a-f]{12}$/) },
    });
    expect(near).toMatchObject({ run: { datastore: expect.stringMatching(/^file:/) } });
    await leat.ok(['gc', '--grace', '1']);
    await leat.ok(['gc', '--grace', '1', ...store]);
    expect(await leat.json('get', 'SquareFlow/1/end.sum')).toBe(70);
    expect(await leat.json('get', 'SquareFlow/2/end.sum')).toBe(100);
    await leat.ok(['doctor']);
    await leat.ok(['doctor', ...store]);
  });

  it('comes to its end though 30 % of all requests fail, and no task is done twice or lost', async () => {
    await proxy.setShare(0.3);
    await leat.ok(['run', 'flow.ts', ...store]);
    await proxy.setShare(0);
    expect(await leat.json('get', 'SquareFlow/1/end.sum')).toBe(70);
    const tasks = await leat.json('list', 'tasks', 'SquareFlow/1');
    expect(tasks).toHaveLength(7);
    expect((tasks as readonly object[]).every((task) => 'attempts' in task && task.attempts === 1)).toBe(
      true,
    );
    await leat.ok(['doctor', ...store]);
  });

  it('takes parameters of any text and length, and asks for no object where they are few and plain', async () => {
    for (const text of ['say "hi" \\ https://x//y\nü', 'long '.repeat(200)]) {
      await proxy.reset();
      await leat.ok(['run', 'flow.ts', '--fail', text, ...store]);
      const { run } = (await leat.json('show', 'SquareFlow/latest')) as {
        readonly run: { readonly parameters: object };
      };
      expect(run.parameters).toMatchObject({ factor: 2, fail: text });
      expect(await leat.json('get', 'SquareFlow/latest/end.sum')).toBe(70);
      expect((await proxy.seen()).filter(({ path }) => /json(?::|%3A)/.test(path))).toEqual([]);
    }
  });

  it('is refused before it begins where the server takes no notice of conditions', async () => {
    const bucket = openS3Datastore('s3://leat-runs', { env: moto.env });
    await expect(bucket.check()).resolves.toBeUndefined();
    await bucket.close();
    const { exitCode, stderr } = await leat.call(['run', 'flow.ts', '--datastore', 's3://leat-nowhere/x']);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('NoSuchBucket'),
    });
  });
});

describe('what a run asks of S3', () => {
  const writes = (seen: readonly SeenRequest[], of: RegExp): number =>
    seen.filter(({ method, path }) => method !== 'GET' && method !== 'HEAD' && of.test(path)).length;

  async function requestsOf(width: number): Promise<readonly SeenRequest[]> {
    leat.write('wide.ts', wide(width));
    await proxy.reset();
    expect(
      (await leat.call(['run', 'wide.ts', ...store, '--max-workers', '1', '--fail-fast'])).exitCode,
    ).toBe(1);
    return await proxy.seen();
  }

  it('is the same for an item of 10 and of 1,000, and at most four writes for a task', async () => {
    const narrow = await requestsOf(10);
    const broad = await requestsOf(1_000);
    const reads = (seen: readonly SeenRequest[]): number =>
      seen.filter(({ method }) => method === 'GET').length;
    expect(reads(broad)).toBe(reads(narrow));
    for (const seen of [narrow, broad]) {
      for (const item of [0, 1, 2, 3, 4, 5])
        expect(writes(seen, new RegExp(`/runs/WideFlow/\\d+/work/${item}@0\\.`))).toBeLessThanOrEqual(4);
      // Everything but the code package: seven tasks.
      expect(writes(seen, /\/(?:runs|blobs)\//)).toBeLessThanOrEqual(7 * 4);
    }
  });
});
