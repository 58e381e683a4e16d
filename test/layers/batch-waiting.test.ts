// Jobs that wait at Batch and never begin: what is told of them, and what they cost the machine of the engine.
import { readdirSync } from 'node:fs';
import { BatchServer } from '@leat/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';

let server: BatchServer;
let leat: Leat;

beforeAll(async () => {
  server = await BatchServer.start({ slots: 0, managed: true });
  await server.createBucket('runs');
}, 120_000);
afterAll(async () => server.stop());

beforeEach(() => {
  leat = new Leat({
    ...server.env,
    LEAT_DATASTORE: 's3://runs/leat',
    LEAT_BATCH_QUEUE: 'main',
    LEAT_BATCH_JOB_ROLE: server.role,
  });
});
afterEach(async () => {
  await server.switchEnvironment('ENABLED');
  await leat.noneLeft();
  leat.dispose();
});

const flow = (items: number): string => `
import { Flow, step, local, type Inputs } from 'leat';
export default class WaitFlow extends Flow {
  @local @step start() { this.next(this.work, { foreach: Array.from({ length: ${items} }, (_, at) => at) }); }
  @step work(_item: number) { this.next(this.join); }
  @local @step join(_inputs: Inputs<WaitFlow>) { this.next(this.end); }
  @local @step end() {}
}`;

/** Starts a run of so many jobs, which Batch gets at once; resolves when the first is told to wait. */
async function waitingRun(items: number): Promise<ReturnType<Leat['start']>> {
  leat.write('flow.ts', flow(items));
  const run = leat.start(['run', 'flow.ts', '--with', 'batch']);
  await run.stdoutHas('RUNNABLE');
  return run;
}

async function end(run: ReturnType<Leat['start']>): Promise<void> {
  run.kill('SIGINT');
  expect((await run.done).exitCode).not.toBe(0);
}

describe('jobs that wait at Batch', { timeout: 600_000 }, () => {
  it('are explained on request and, after a while, unasked: what holds them up, and what to do', async () => {
    const run = await waitingRun(2);
    await server.switchEnvironment('DISABLED');
    const cause = "the environment 'main' is disabled";
    const remedy = 'aws batch update-compute-environment --compute-environment main --state ENABLED';
    const { stdout } = await leat.ok(['diagnose', 'WaitFlow/latest/work[1]']);
    expect(stdout).toContain(cause);
    expect(stdout).toContain(remedy);
    expect(await leat.json('diagnose', 'WaitFlow/latest/work[1]')).toMatchObject({
      status: 'queued',
      code: 'environment-disabled',
      confidence: 'certain',
    });
    await run.stdoutHas(cause);
    await run.stdoutHas(remedy);
    await end(run);
  });

  it('are no processes, threads or open files of the engine, however many', async () => {
    const costs = async (items: number) => {
      const run = await waitingRun(items);
      const count = (what: string): number => readdirSync(`/proc/${run.pid}/${what}`).length;
      const found = { processes: leat.processes().length, threads: count('task'), files: count('fd') };
      await end(run);
      return found;
    };
    const few = await costs(2);
    const many = await costs(1000);
    // One that stands by, or has just ended its task, may be there or not.
    expect(many.processes).toBeLessThan(few.processes + 5);
    // The pool of libuv may be grown or not; connections to AWS may be kept or not.
    expect(many.threads).toBeLessThan(few.threads + 10);
    expect(many.files).toBeLessThan(few.files + 50);
  });
});
