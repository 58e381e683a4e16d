/** What bounds how many tasks run at once, and second copies, from the decorator or the option to the run; and the widest split, from a stream. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

/** Each body tells of its start and its end. */
const overlapping = (decorators: string): string => `
import { appendFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { concurrency, Flow, step, type Inputs } from 'leat';
const tell = (text: string): void => appendFileSync('told.txt', text + ' ' + process.pid + '\\n');
export default class OverlapFlow extends Flow {
  @step start() { this.next(this.left, this.right); }
  @step left() { this.next(this.work, { foreach: [1, 2, 3, 4, 5, 6] }); }
  ${decorators} @step async work(item: number) {
    tell('start');
    await setTimeout(60);
    tell('end');
    this.next(this.gather);
  }
  @step gather(inputs: Inputs<OverlapFlow>) { void inputs; this.next(this.join); }
  @step async right() {
    ${decorators === '' ? "tell('start'); await setTimeout(60); tell('end');" : ''}
    this.next(this.join);
  }
  @step join(inputs: Inputs<OverlapFlow>) { void inputs; void concurrency; this.next(this.end); }
  @step end() {}
}`;

const hanging = `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { current, Flow, step, type Inputs } from 'leat';
export default class HangFlow extends Flow {
  declare attempt: number;
  declare attempts: readonly number[];
  @step start() { this.next(this.work, { foreach: [0, 1, 2, 3, 4, 5, 6, 7] }); }
  @step async work(item: number) {
    if (item === 0 && !existsSync('hung')) {
      writeFileSync('hung', '');
      await setTimeout(600_000);
    }
    this.attempt = current.attempt;
    this.next(this.join);
  }
  @step join(inputs: Inputs<HangFlow>) {
    this.attempts = inputs.map((one) => one.attempt);
    this.next(this.end);
  }
  @step end() {}
}`;

const streamed = `
import { Flow, step, type Inputs } from 'leat';
async function* numbers(): AsyncGenerator<number> {
  for (let number = 0; number < 20_000; number += 1) {
    if (number % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    yield number;
  }
}
export default class StreamFlow extends Flow {
  declare double: number;
  declare ordered: boolean;
  declare count: number;
  declare sum: number;
  @step start() { this.next(this.work, { foreach: numbers() }); }
  @step({ isolation: 'reuse' }) work(item: number) {
    if (item === 12_345) console.log('this is ' + item);
    this.double = item * 2;
    this.next(this.join);
  }
  @step join(inputs: Inputs<StreamFlow>) {
    this.count = 0;
    this.sum = 0;
    this.ordered = true;
    for (const one of inputs) {
      this.ordered &&= one.double === this.count * 2;
      this.count += 1;
      this.sum += one.double;
    }
    this.next(this.end);
  }
  @step end() {}
}`;

let leat: Leat;
leatForEachTest((own) => {
  leat = own;
});

/** What bodies have told: `start` and `end`, in the order of time. */
const told = (): readonly string[] =>
  readFileSync(path.join(leat.folder, 'told.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');

/** How many bodies ran at once, at most. */
function mostAtOnce(): number {
  let [now, most] = [0, 0];
  for (const what of told()) {
    now += what === 'start' ? 1 : -1;
    most = Math.max(most, now);
  }
  return most;
}

describe('no two at once', () => {
  it('of a step with @concurrency(1), and several without it', async () => {
    leat.write('flow.ts', overlapping('@concurrency(1)'));
    await leat.ok(['run', 'flow.ts', '--max-workers', '4']);
    expect([told().length, mostAtOnce()]).toEqual([12, 1]);
  });

  it('of any step with --max-workers 1', async () => {
    leat.write('flow.ts', overlapping(''));
    await leat.ok(['run', 'flow.ts', '--max-workers', '1']);
    expect([told().length, mostAtOnce()]).toEqual([14, 1]);
  });

  it('is not how it is without either', async () => {
    leat.write('flow.ts', overlapping(''));
    await leat.ok(['run', 'flow.ts', '--max-workers', '4'], { LEAT_LOCAL_CPU: '4' });
    expect(mostAtOnce()).toBeGreaterThan(1);
  });
});

describe('--speculate', () => {
  it('a task that hangs at its first copy is decided by the second one, and the run does not wait for the first', async () => {
    leat.write('flow.ts', hanging);
    await leat.ok(['run', 'flow.ts', '--speculate']);
    expect(await leat.json('get', 'HangFlow/latest/join.attempts')).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
    const tasks = await leat.tasks('HangFlow/latest');
    expect(tasks.find(({ task }) => task === 'work[0]')).toMatchObject({ status: 'succeeded', attempts: 2 });
  });

  it('says of which tasks it starts no copies', async () => {
    leat.write(
      'flow.ts',
      overlapping('@step({ chunk: 3 })').replace('@step({ chunk: 3 }) @step', '@step({ chunk: 3 })'),
    );
    const { stderr } = await leat.ok(['run', 'flow.ts', '--speculate']);
    expect(stderr).toContain(
      "tasks of step 'work' share a process, 3 in each, so --speculate starts no second copies",
    );
  });

  it.each(['run', 'resume', 'recover'])('is an option of %s', async (command) => {
    expect((await leat.ok([command, '--help'])).stdout).toContain('--speculate');
  });
});

describe('20,000 items of a stream that share processes', () => {
  it('have their results in order, their logs, and nothing that gc would take', async () => {
    leat.write('flow.ts', streamed);
    await leat.ok(['run', 'flow.ts']);
    const joined = async (name: string): Promise<unknown> => leat.json('get', `StreamFlow/1/join.${name}`);
    expect([await joined('count'), await joined('ordered'), await joined('sum')]).toEqual([
      20_000,
      true,
      19_999 * 20_000,
    ]);
    expect((await leat.ok(['logs', 'StreamFlow/1/work[12345]'])).stdout).toContain('this is 12345');
    expect((await leat.ok(['logs', 'StreamFlow/1/work[12346]'])).stdout).toBe('');
    // Packs, and the logs of the few that have printed, belong to the run as the manifests of single tasks do; a pack of no run does not.
    const store = path.join(leat.folder, '.leat/store');
    const runs = path.join(store, 'runs/StreamFlow');
    mkdirSync(path.join(runs, '9/work'), { recursive: true });
    writeFileSync(path.join(runs, '9/work/t.pack'), 'nobody');
    for (const name of readdirSync(store, { recursive: true, encoding: 'utf8' }))
      utimesSync(path.join(store, name), 1, 1);
    expect(await leat.json('gc', '--dry-run')).toMatchObject({
      runs: [],
      objects: 1,
      bytes: 6,
      dryRun: true,
    });
    expect(await joined('sum')).toBe(19_999 * 20_000);
  });
});
