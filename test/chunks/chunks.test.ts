import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

/** A flow whose step `work` goes over `items` numbers with these decorators and this body. */
const flowOf = (items: number, decorators: string, body: string): string => `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { Flow, step, retry, timeout, catchError, current, type Failure, type Inputs } from 'leat';
let before = 0;
export default class ChunkFlow extends Flow {
  declare item: number;
  declare pid: number;
  declare before: number;
  declare pids: readonly number[];
  declare failed?: Failure;
  declare items: readonly number[];
  declare reasons: readonly (string | undefined)[];
  @step start() { this.next(this.work, { foreach: Array.from({ length: ${items} }, (_, i) => i) }); }
  ${decorators} async work(item: number) {
    appendFileSync('ran.txt', item + '\\n');
    ${body}
    this.item = item;
    this.pid = process.pid;
    this.before = before;
    before += 1;
    this.next(this.join);
  }
  @step join(inputs: Inputs<ChunkFlow>) {
    this.items = inputs.map((one) => one.failed === undefined ? one.item : -1);
    this.pids = inputs.map((one) => one.failed === undefined ? one.pid : 0);
    this.reasons = inputs.map((one) => one.failed?.reason);
    this.next(this.end);
  }
  @step end() { void timeout; void retry; void catchError; void current; void setTimeout; void existsSync; }
}`;

const upTo = (count: number): number[] => Array.from({ length: count }, (_, item) => item);

let leat: Leat;

leatForEachTest((own) => {
  leat = own;
});

/** How often the body of each item's task began. */
function timesRan(count: number): readonly number[] {
  const times = Array.from({ length: count }, () => 0);
  for (const line of readFileSync(join(leat.folder, 'ran.txt'), 'utf8').trim().split('\n'))
    times[Number(line)] = (times[Number(line)] ?? 0) + 1;
  return times;
}

const attemptsOf = async (run: string): Promise<ReadonlyMap<string, number>> =>
  new Map((await leat.tasks(run)).map(({ task, attempts }) => [task, attempts]));

/** The end of the one run, as its join saw it. */
interface Joined {
  readonly items: readonly number[];
  readonly pids: readonly number[];
  readonly reasons: readonly (string | undefined)[];
}
const joined = async (run = 'ChunkFlow/latest'): Promise<Joined> => ({
  items: await leat.json('get', `${run}/join.items`),
  pids: await leat.json('get', `${run}/join.pids`),
  reasons: await leat.json('get', `${run}/join.reasons`),
});

describe('tasks that share processes', () => {
  it.each([
    ['@step({ isolation: "reuse" })', undefined],
    ['@step({ chunk: 50 })', 40],
  ])('%s: 2,000 items have 2,000 results, in the order of the split', async (decorators, jobs) => {
    const body = "if (item % 500 === 7) console.log('this is ' + item);";
    leat.write('flow.ts', flowOf(2000, decorators, body));
    const { stdout } = await leat.ok(['run', 'flow.ts']);
    expect(stdout).toContain('this is 507');
    const { items, pids } = await joined();
    expect(items).toEqual(upTo(2000));
    expect(timesRan(2000).every((times) => times === 1)).toBe(true);
    const processes = new Set(pids).size;
    if (jobs === undefined) expect(processes).toBeLessThan(400);
    else expect(processes).toBe(jobs);
    expect(await leat.tasks('ChunkFlow/1')).toHaveLength(2003);
    expect((await leat.ok(['logs', 'ChunkFlow/1/work[7]'])).stdout).toContain('this is 7');
    expect((await leat.ok(['logs', 'ChunkFlow/1/work[8]'])).stdout).toBe('');
    const files = readdirSync(join(leat.folder, '.leat'), { recursive: true });
    // Far fewer than tasks: a chunk leaves one, and a task that prints a log.
    expect(files.length).toBeLessThan(600);
  });

  it('share the variables of their modules with those of their chunk, and with no others', async () => {
    leat.write('flow.ts', flowOf(20, '@step({ chunk: 5 })', ''));
    await leat.ok(['run', 'flow.ts']);
    const artifacts = await leat.artifacts('ChunkFlow/1');
    expect(upTo(20).map((item) => artifacts.get(`work[${item}]`)?.['before'])).toEqual(
      upTo(20).map((item) => item % 5),
    );
    leat.write('flow.ts', flowOf(4, '@step', ''));
    await leat.ok(['run', 'flow.ts']);
    expect(new Set((await joined()).pids).size).toBe(4);
  });

  it('fail, are retried and are caught one by one', async () => {
    const body =
      "if (item % 10 === 3 && (item === 3 || current.attempt === 0)) throw new RangeError('bad ' + item);";
    const decorators =
      "@retry({ times: 1, minutesBetweenRetries: 0 }) @catchError({ var: 'failed' }) @step({ chunk: 25 })";
    leat.write('flow.ts', flowOf(100, decorators, body));
    await leat.ok(['run', 'flow.ts']);
    const { items, reasons } = await joined();
    expect(items).toEqual(upTo(100).map((item) => (item === 3 ? -1 : item)));
    expect(reasons[3]).toBe('error');
    expect(timesRan(100)).toEqual(upTo(100).map((item) => (item % 10 === 3 ? 2 : 1)));
    const tasks = await leat.tasks('ChunkFlow/1');
    expect(tasks.find(({ task }) => task === 'work[3]')).toMatchObject({ caught: true, status: 'succeeded' });
    expect(tasks.find(({ task }) => task === 'work[13]')).toMatchObject({ attempts: 2, status: 'succeeded' });
    expect((await leat.ok(['logs', 'ChunkFlow/1/work[4]'])).stdout).toBe('');
  });

  it('go on in another process after one that calls process.exit()', async () => {
    const body = 'if (item === 7 && current.attempt === 0) process.exit(0);';
    leat.write(
      'flow.ts',
      flowOf(40, '@retry({ times: 1, minutesBetweenRetries: 0 }) @step({ chunk: 20 })', body),
    );
    await leat.ok(['run', 'flow.ts']);
    expect((await joined()).items).toEqual(upTo(40));
    expect(timesRan(40)).toEqual(upTo(40).map((item) => (item === 7 ? 2 : 1)));
    const attempts = await attemptsOf('ChunkFlow/1');
    expect(upTo(40).map((item) => attempts.get(`work[${item}]`))).toEqual(
      upTo(40).map((item) => (item === 7 ? 2 : 1)),
    );
  });

  it('that were killed with their process run again, and those that had finished do not', async () => {
    const body = "if (item === 12 && current.attempt === 0) process.kill(process.pid, 'SIGKILL');";
    leat.write(
      'flow.ts',
      flowOf(40, '@retry({ times: 1, minutesBetweenRetries: 0 }) @step({ chunk: 20 })', body),
    );
    await leat.ok(['run', 'flow.ts']);
    expect((await joined()).items).toEqual(upTo(40));
    // The kill may let the loop go on for a moment.
    expect(timesRan(40).filter((times) => times > 1).length).toBeLessThanOrEqual(2);
    expect(timesRan(40)[12]).toBe(2);
    const shown = await leat.ok(['show', 'ChunkFlow/1/work[12]']);
    expect(shown.stdout).toContain('SIGKILL');
  });

  it('without a try left fail the run, and name themselves', async () => {
    const body = "if (item === 12) process.kill(process.pid, 'SIGKILL');\n    if (item === 12) for (;;);";
    leat.write('flow.ts', flowOf(20, '@step({ chunk: 20 })', body));
    const { exitCode } = await leat.call(['run', 'flow.ts']);
    expect(exitCode).toBe(1);
    const failed = (await leat.tasks('ChunkFlow/1')).filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ task: 'work[12]', failure: { reason: 'exit' } }]);
  });

  it('have a time limit each, also in a synchronous loop', async () => {
    const body = 'if (item === 5) for (;;);';
    const decorators = "@timeout({ seconds: 1 }) @catchError({ var: 'failed' }) @step({ chunk: 12 })";
    leat.write('flow.ts', flowOf(12, decorators, body));
    await leat.ok(['run', 'flow.ts']);
    const { items, reasons } = await joined();
    expect(items).toEqual(upTo(12).map((item) => (item === 5 ? -1 : item)));
    expect(reasons[5]).toBe('timeout');
    expect(timesRan(12)).toEqual(upTo(12).map(() => 1));
  });
});

describe('a run with chunks', () => {
  const waiting = "while (item % 10 === 5 && !existsSync('go')) await setTimeout(10);";

  it('ends with all its processes on Ctrl-C, and keeps what was finished', async () => {
    leat.write('flow.ts', flowOf(20, '@step({ chunk: 10 })', `console.log('begin ' + item); ${waiting}`));
    const run = leat.start(['run', 'flow.ts', '--max-workers', '2']);
    await Promise.all([run.stdoutHas('begin 5'), run.stdoutHas('begin 15')]);
    run.kill('SIGINT');
    const { exitCode, signal } = await run.done;
    expect(exitCode === 130 || signal === 'SIGINT').toBe(true);
    await leat.noneLeft();
    const tasks = await leat.tasks('ChunkFlow/1');
    const finished = tasks.filter(({ step, status }) => step === 'work' && status === 'succeeded');
    expect(finished.map(({ task }) => task).length).toBe(10);

    leat.write('go', '');
    await leat.ok(['resume']);
    expect((await joined()).items).toEqual(upTo(20));
    expect(timesRan(20)).toEqual(upTo(20).map((item) => (item % 10 === 5 ? 2 : 1)));
  });

  it('is recovered after a kill -9 of its engine: what is in the packs is not run again', async () => {
    leat.write('flow.ts', flowOf(20, '@step({ chunk: 10 })', `console.log('begin ' + item); ${waiting}`));
    const run = leat.start(['run', 'flow.ts', '--max-workers', '2']);
    await Promise.all([run.stdoutHas('begin 5'), run.stdoutHas('begin 15')]);
    run.kill('SIGKILL');
    await run.done;
    await leat.noneLeft();
    leat.write('go', '');
    await leat.ok(['recover', 'ChunkFlow/1']);
    expect((await joined()).items).toEqual(upTo(20));
    expect(timesRan(20)).toEqual(upTo(20).map((item) => (item % 10 === 5 ? 2 : 1)));
    const attempts = await attemptsOf('ChunkFlow/1');
    expect([4, 5, 6].map((item) => attempts.get(`work[${item}]`))).toEqual([1, 2, 1]);
  });

  it('is resumed from its packs after a failure', async () => {
    const body = "if (item === 13 && !existsSync('go')) throw new Error('unlucky');";
    leat.write('flow.ts', flowOf(60, '@step({ chunk: 20 })', body));
    expect((await leat.call(['run', 'flow.ts'])).exitCode).toBe(1);
    const ran = timesRan(60);
    rmSync(join(leat.folder, 'ran.txt'));
    leat.write('go', '');
    await leat.ok(['resume']);
    expect((await joined()).items).toEqual(upTo(60));
    const again = existsSync(join(leat.folder, 'ran.txt')) ? timesRan(60) : [];
    expect(again.map((times, item) => (ran[item] ?? 0) + times)).toEqual(
      upTo(60).map((item) => (item === 13 ? 2 : 1)),
    );
  });

  it('says of a process that was killed which of its tasks it was at', async () => {
    leat.write('flow.ts', flowOf(20, '@step({ chunk: 20 })', `console.log('begin ' + item); ${waiting}`));
    const run = leat.start(['run', 'flow.ts']);
    await run.stdoutHas('begin 5');
    const isTask = (pid: number): boolean =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('runner.cjs');
    const worker = leat.processes().filter(isTask);
    for (const pid of worker) process.kill(pid, 'SIGKILL');
    expect((await run.done).exitCode).toBe(1);
    const failed = (await leat.tasks('ChunkFlow/1')).filter(({ status }) => status === 'failed');
    expect(failed).toMatchObject([{ task: 'work[5]', failure: { reason: 'exit' } }]);
  });
});
