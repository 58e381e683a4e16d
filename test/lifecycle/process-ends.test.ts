/** Ways in which the process of a task ends other than by the end of its step. */
import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForAllTests } from '../cli/leat-for-tests.ts';

const flow = (decorators: string, body: string, pauseMs = 10_000): string => `
import { catchError, current, type Failure, Flow, retry, step } from 'leat';
export default class EndsFlow extends Flow {
  declare failed?: Failure;
  declare attempt: number;
  ${decorators}
  @step async start() {
    ${body}
    await new Promise((resolve) => setTimeout(resolve, ${pauseMs}));
    this.next(this.end);
  }
  @step end() {}
}`;

describe('a task whose process', () => {
  let leat: Leat;
  leatForAllTests((own) => {
    leat = own;
  });

  it.each([
    [
      'has a rejection that nobody handles',
      "void Promise.reject(new TypeError('left alone'));",
      'left alone',
    ],
    ['throws in a timer', "setTimeout(() => { throw new TypeError('too late'); }, 1);", 'too late'],
    ['is left with process.exit(0)', 'process.exit(0);', "step 'start' called process.exit(0)"],
  ])('%s fails at once, with the line', async (_name, body, message) => {
    const result = await leat.call(['run', leat.write('flow.ts', flow('', body))]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain('flow.ts:8:');
  });

  it('is killed is tried again, and the result is that of the attempt that lived', async () => {
    const body =
      "this.attempt = current.attempt; if (current.attempt === 0) process.kill(process.pid, 'SIGKILL');";
    const file = leat.write('flow.ts', flow('@retry({ times: 1, minutesBetweenRetries: 0 })', body, 100));
    const { stderr } = await leat.ok(['run', file]);
    expect(stderr).toMatch(/↻ start@0 .*SIGKILL/);
    expect(await leat.json('get', 'EndsFlow/latest/end.attempt')).toBe(1);
    const [, task] = await leat.tasks('EndsFlow/latest');
    expect(task).toMatchObject({ task: 'start', status: 'succeeded', attempts: 2 });
  });

  it('is killed every time is caught, with the signal in the failure', async () => {
    const file = leat.write(
      'flow.ts',
      flow(
        "@catchError({ var: 'failed' }) @retry({ times: 1, minutesBetweenRetries: 0 })",
        "process.kill(process.pid, 'SIGKILL');",
      ),
    );
    await leat.ok(['run', file]);
    expect(await leat.json('get', 'EndsFlow/latest/end.failed')).toMatchObject({
      reason: 'exit',
      signal: 'SIGKILL',
      attempts: 2,
    });
  });
});
