import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from './client.ts';
import { SampleHome, trainGraph } from './sample-runs.fixture.ts';

const tasks = 200_000;
const chunk = 1_000;
let home: SampleHome;

beforeAll(async () => {
  home = new SampleHome();
  const run = await home.run(trainGraph);
  const group = { step: 'train', path: [], iteration: 0 };
  const last = tasks - 1;
  for (let from = 0; from < tasks; from += chunk) {
    const token = `t${from}`;
    const places = Array.from({ length: chunk }, (_, index) => from + index).filter(
      (place) => place !== last,
    );
    await run.append(
      {
        type: 'chunk-submitted',
        at: from,
        group,
        places: [from, from + chunk],
        attempt: 0,
        layer: 'local',
        token,
        pack: `${token}.pack`,
      },
      {
        type: 'chunk-succeeded',
        at: from,
        token,
        outcome: { kind: 'linear' },
        places,
        offsets: places.map((place) => 40 + (place - from) * 400),
        lengths: places.map((place) => 300 + (place % 7)),
        startedAt: places.map((place) => place * 10),
        endedAt: places.map((place) => place * 10 + 3),
      },
    );
  }
  await run.append({
    type: 'attempt-failed',
    at: 5,
    task: `train[${last}]`,
    attempt: 0,
    failure: { reason: 'error', type: 'Error', message: 'it broke' },
  });
  await run.end('failed');
}, 60_000);

afterAll(async () => home.dispose());

/** Runs the loop of a user's program with little memory. */
async function iterate(...how: readonly string[]): Promise<{ readonly stdout: string }> {
  const program = fileURLToPath(new URL('iterate-tasks.fixture.ts', import.meta.url));
  const memory = ['--max-old-space-size=48', '--max-semi-space-size=2'];
  return promisify(execFile)(process.execPath, [...memory, program, home.folder, 'TrainFlow/1', ...how]);
}

describe('a run of 200,000 tasks', () => {
  it('is gone through in memory that holds a few thousand of them', async () => {
    const { stdout } = await iterate();
    expect(JSON.parse(stdout)).toEqual({ tasks, milliseconds: (tasks - 1) * 3 + 5 });
  }, 60_000);

  it('would not fit into that memory whole', async () => {
    await expect(iterate('keep')).rejects.toMatchObject({ stderr: expect.stringContaining('heap') });
  }, 60_000);

  it('is shown, and any of its tasks, without reading the others', async () => {
    const client = await connect({ home: home.folder, namespace: '*' });
    const run = await client.run('TrainFlow/1');
    const counts = await run.step('train').counts();
    expect([counts.total, counts.byStatus]).toEqual([tasks, { succeeded: tasks - 1, failed: 1 }]);
    expect((await run.failures()).map(({ address }) => address)).toEqual([`train[${tasks - 1}]`]);
    const task = await run.task('train[123456]');
    expect(task.record.manifest).toBe('t123000.pack#182440+304');
    expect(await task.attemptRecords()).toMatchObject([{ attempt: 0, state: 'succeeded', token: 't123000' }]);
    const page = await Array.fromAsync(run.tasks({ after: 'train[199990]', limit: 20 }));
    expect(page.map(({ status }) => status)).toEqual([...Array(8).fill('succeeded'), 'failed']);
    await client.close();
  });
});
