/** What tasks print: live, piped, stored, followed. */
import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const tasks = 32;
const lines = 5000;

const loud = `
import { Flow, step, type Inputs } from 'leat';
export default class LoudFlow extends Flow {
  @step start() { this.next(this.print, { foreach: Array.from({ length: ${tasks} }, (_, item) => item) }); }
  @step print(item: number) {
    for (let line = 0; line < ${lines}; line++) {
      console.log('out', item, line);
      console.error('err', item, line);
    }
    this.next(this.join);
  }
  @step join(inputs: Inputs<LoudFlow>) { this.next(this.end); }
  @step end() {}
}`;

const slow = `
import { existsSync } from 'node:fs';
import { Flow, step } from 'leat';
export default class SlowFlow extends Flow {
  @step async start() {
    for (const part of ['one', 'two']) {
      console.log('now', part);
      console.error('and', part);
      while (!existsSync(part)) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    process.stdout.write('no newline');
    this.next(this.end);
  }
  @step end() {}
}`;

const numbered = Array.from({ length: lines }, (_, line) => String(line));

/** Numbers of the lines of each item, in the order in which they came. */
function linesOf(text: string, word: string): string[][] {
  const found = Array.from({ length: tasks }, (): string[] => []);
  const whole = new RegExp(`^\\[print\\[(\\d+)\\]\\] ${word} (\\d+) (\\d+)$`);
  for (const line of text.split('\n')) {
    const [, task, item, number] = whole.exec(line) ?? [];
    if (task !== undefined && task === item && number !== undefined) found[Number(item)]?.push(number);
  }
  return found;
}

describe('what tasks print', () => {
  let leat: Leat;
  leatForEachTest(
    (own) => {
      leat = own;
    },
    { FORCE_COLOR: undefined, NO_COLOR: undefined },
  );

  it('5,000 lines on both streams of 32 tasks: none lost, none out of order, none cut by another', async () => {
    const run = await leat.ok(['run', leat.write('flow.ts', loud)]);
    expect(run.stdout.split('\n')).toHaveLength(tasks * lines + 1);
    for (const [item, numbers] of linesOf(run.stdout, 'out').entries())
      expect(numbers, `stdout of ${item}`).toEqual(numbered);
    for (const [item, numbers] of linesOf(run.stderr, 'err').entries())
      expect(numbers, `stderr of ${item}`).toEqual(numbered);
    const stored = await leat.ok(['logs', `LoudFlow/1/print[${tasks - 1}]`]);
    expect(stored.stdout).toBe(numbered.map((line) => `out ${tasks - 1} ${line}\n`).join(''));
    expect(stored.stderr).toBe(numbered.map((line) => `err ${tasks - 1} ${line}\n`).join(''));
  });

  it('logs --follow shows lines while the task runs, and ends with it', async () => {
    const run = leat.start(['run', leat.write('flow.ts', slow), '--run-id-file', 'id']);
    await run.stdoutHas('now one');
    const follow = leat.start(['logs', 'SlowFlow/1/start', '--follow']);
    await follow.stdoutHas('and one');
    leat.write('one', '');
    await follow.stdoutHas('now two');
    leat.write('two', '');
    expect(await follow.done).toMatchObject({
      exitCode: 0,
      stdout: 'now one\nnow two\nno newline\n',
      stderr: 'and one\nand two\n',
    });
    expect((await run.done).exitCode).toBe(0);
  });

  it('piped, there is no colour and no live view; FORCE_COLOR asks for colour', async () => {
    leat.write('one', '');
    leat.write('two', '');
    const plain = await leat.ok(['run', leat.write('flow.ts', slow)]);
    expect(plain.stdout).toBe('[start] now one\n[start] now two\n[start] no newline\n');
    expect(plain.stderr).toMatch(
      /^SlowFlow\/1 started\n\[start\] and one\n\[start\] and two\n✓ SlowFlow\/1 succeeded in [\d.]+s: 2 tasks\n$/,
    );
    expect((await leat.ok(['list', 'runs'], { FORCE_COLOR: '1' })).stdout).toContain('\u001B[32msucceeded');
    expect((await leat.ok(['list', 'runs'])).stdout).not.toContain('\u001B');
  });
});
