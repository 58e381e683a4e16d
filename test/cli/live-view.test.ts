import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Leat } from './leat.ts';
import { leatForAllTests } from './leat-for-tests.ts';
import { screens } from './screen.ts';

const program = fileURLToPath(new URL('in-terminal.py', import.meta.url));
const inTerminal = ['python3', program, '24', '80'];
let leat: Leat;

const flow = `
import { Flow, retry, step } from 'leat';
import { setTimeout as delay } from 'node:timers/promises';
import { existsSync, writeFileSync } from 'node:fs';

export default class LiveFlow extends Flow {
  @step start() {
    this.next(this.work, { foreach: [1, 2, 3] });
  }
  @retry({ times: 1, minutesBetweenRetries: 0 })
  @step async work(item: number) {
    console.log('item', item, 'of a line that is much longer than the eighty columns that this terminal has');
    await delay(400);
    const mark = 'tried-' + item + process.env['MARK'];
    if (item === 2 && !existsSync(mark)) {
      writeFileSync(mark, '');
      throw new Error('not yet');
    }
    this.next(this.join);
  }
  @step join(inputs: unknown) {
    this.next(this.end);
  }
  @step end() {}
}
`;

leatForAllTests(
  (own) => {
    leat = own;
    leat.write('live.ts', flow);
  },
  { CI: undefined, TERM: 'xterm-256color', COLORTERM: undefined, FORCE_COLOR: undefined },
  inTerminal,
);

// oxlint-disable-next-line no-control-regex -- control codes are what is looked for
const colours = /\u001B\[[\d;]+m/;

/** Runs the flow in the terminal, one task at a time. */
async function watched(env: NodeJS.ProcessEnv): Promise<string> {
  const { exitCode, stdout } = await leat.call(['run', 'live.ts', '--max-workers', '1'], env);
  expect(exitCode, stdout).toBe(0);
  return stdout;
}

describe('a run in a terminal', () => {
  it('draws how far it has come below the lines of its tasks, and leaves only these', async () => {
    const text = await watched({ MARK: 'a' });
    expect(text).not.toMatch(colours);
    const all = screens(text);
    const pictures = all.filter((lines) => lines.some((line) => /^▸ work +[━─]{20} {2}\d\/3, /.test(line)));
    expect(pictures.length).toBeGreaterThan(2);
    for (const lines of pictures) {
      expect(
        lines.filter((line) => line.includes('▸ work')),
        lines.join('\n'),
      ).toHaveLength(1);
      expect(lines.findLastIndex((line) => /^LiveFlow\/1 \d/.test(line))).toBe(
        lines.findIndex((line) => /^LiveFlow\/1 \d/.test(line)),
      );
    }
    const last = all.at(-1) ?? [];
    expect(last.filter((line) => /[━─▸]/.test(line))).toEqual([]);
    expect(last.filter((line) => /^\[work\[\d\](@1)?\] item/.test(line))).toHaveLength(4);
    expect(last).toContainEqual(expect.stringMatching(/^↻ work\[1\]@0 Error: not yet .*; trying again$/));
    expect(last).toContainEqual(expect.stringMatching(/^✓ LiveFlow\/1 succeeded in .*: 6 tasks/));
  });

  it('is in colour unless NO_COLOR says otherwise', async () => {
    const text = await watched({ MARK: 'b', NO_COLOR: undefined });
    expect(text).toMatch(colours);
    expect(screens(text).at(-1)).toContainEqual(
      expect.stringMatching(/^✓ LiveFlow\/2 succeeded in .*: 6 tasks/),
    );
  });

  it('is told line by line in a terminal that cannot be drawn on', async () => {
    const text = await watched({ MARK: 'c', TERM: 'dumb' });
    expect(text).not.toContain('\u001B');
    expect(text.split('\r\n').filter((line) => line.startsWith('[work['))).toHaveLength(4);
  });
});
