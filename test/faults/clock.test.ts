/** A clock that is set while a run goes on. libfaketime lets the processes of one test see another time than the rest. */
import { existsSync, globSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const places = '/usr/lib/*/faketime/libfaketimeMT.so.1';
let library = '';

beforeAll(() => {
  library = globSync(places)[0] ?? '';
  if (!existsSync(library)) throw new Error('libfaketime is needed: apt-get install faketime');
});

const flow = `
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { current, Flow, type Inputs, retry, step, timeout } from 'leat';
export default class ClockFlow extends Flow {
  declare attempts: number;
  @step start() { this.next(this.work, { foreach: ['long', 'short'] }); }
  @timeout({ seconds: 60 }) @retry({ times: 1, minutesBetweenRetries: 0.02 })
  @step async work(file: string) {
    console.log(file + ' works, ' + current.attempt);
    while (!existsSync(file)) await setTimeout(10);
    if (file === 'long' && current.attempt === 0) throw new Error('again');
    this.attempts = current.attempt + 1;
    this.next(this.join);
  }
  @step join(inputs: Inputs<ClockFlow>) {
    this.attempts = inputs.reduce((sum, one) => sum + one.attempts, 0);
    this.next(this.end);
  }
  @step end() {}
}`;

describe('a clock that is set', () => {
  let leat: Leat;
  let offset: string;
  leatForEachTest((own) => {
    leat = own;
    leat.write('flow.ts', flow);
    offset = leat.write('offset', '+0');
  });

  const faked = (): NodeJS.ProcessEnv => ({
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offset,
    FAKETIME_NO_CACHE: '1',
    // Setting the clock of a machine does not move its monotonic clock.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });

  it.each([
    ['forward by five hours', '+5h'],
    ['back by five hours', '-5h'],
  ])(
    '%s: no lease is lost, no task times out, a retry comes in its time, nothing is negative',
    async (_name, jump) => {
      const run = leat.start(['run', 'flow.ts'], faked());
      await Promise.all([run.stdoutHas('long works, 0'), run.stdoutHas('short works, 0')]);
      writeFileSync(offset, jump);
      // The engine hears of one task, and so looks at how long the other has run.
      leat.write('short', '');
      const shortIsDone = async (): Promise<boolean> =>
        (await leat.tasks('ClockFlow/1')).some(
          ({ status, step }) => step === 'work' && status === 'succeeded',
        );
      while (!(await shortIsDone())) await setTimeout(50);
      const seen = await leat.call(['show', 'ClockFlow/1'], faked());
      expect(seen.stdout).not.toMatch(/\s-\d/);
      leat.write('long', '');
      const began = performance.now();
      const { exitCode, stderr } = await run.done;
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
      expect(performance.now() - began).toBeLessThan(60_000);
      expect(stderr).not.toContain('timeout');
      expect(await leat.json('get', 'ClockFlow/1/end.attempts')).toBe(3);
      const shown = await leat.ok(['list', 'tasks', 'ClockFlow/1']);
      expect(shown.stdout).not.toMatch(/\s-\d/);
      expect((await leat.ok(['doctor'])).stderr).toContain('healthy');
    },
  );
});
