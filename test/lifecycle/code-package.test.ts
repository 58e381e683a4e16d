import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flow = `
import { existsSync } from 'node:fs';
import { Flow, step } from 'leat';
import { answer } from './answer.ts';
export default class CodeFlow extends Flow {
  declare seen: number[];
  @step async start() {
    this.seen = [answer];
    console.log('waiting');
    while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));
    this.next(this.end);
  }
  @step end() { this.seen = [...this.seen, answer]; }
}`;

describe('code package', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  it('a task runs from the package: editing a file in the middle of a run changes nothing, and the source comes back', async () => {
    const text = 'export const answer: number = 42; // the first one\n';
    leat.write('answer.ts', text);
    const run = leat.start(['run', leat.write('flow.ts', flow)]);
    await run.stdoutHas('waiting');
    leat.write('answer.ts', 'export const answer = 7;\n');
    leat.write('go', '');
    expect((await run.done).exitCode).toBe(0);
    expect(await leat.json('get', 'CodeFlow/1/end.seen')).toEqual([42, 42]);
    await leat.ok(['code', 'CodeFlow/1', '--output', 'old']);
    expect(readFileSync(join(leat.folder, 'old/answer.ts'), 'utf8')).toBe(text);
    expect(readFileSync(join(leat.folder, 'old/flow.ts'), 'utf8')).toBe(flow);
  });

  it('the next run has the new code, and diff shows which file changed', async () => {
    leat.write('go', '');
    leat.write('answer.ts', 'export const answer = 1;\n');
    const file = leat.write('flow.ts', flow);
    await leat.ok(['run', file]);
    leat.write('answer.ts', 'export const answer = 2;\n');
    await leat.ok(['run', file]);
    const diff = await leat.ok(['diff', 'CodeFlow/1', 'CodeFlow/2']);
    expect(diff.stdout).toContain('answer.ts');
    expect(diff.stdout).toContain('seen');
    expect(diff.stdout).not.toContain('flow.ts');
  });
});
