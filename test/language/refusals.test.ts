/** What `check` and `run` refuse before anything runs: with the user's own line, the lines around it, and the fix. */
import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flow = (body: string): string => `import { Flow, step, type Inputs } from 'leat';
export default class BadFlow extends Flow {
  declare items: number[];
${body}
}
`;

const cases: readonly [string, string, RegExp, number][] = [
  ['no start', '  @step begin() { this.next(this.end); }\n  @step end() {}', /start/, 0],
  ['a step without next', '  @step start() {}\n  @step end() {}', /this\.next/, 4],
  [
    'an unknown step',
    '  @step start() { this.next(this.trian); }\n  @step train() { this.next(this.end); }\n  @step end() {}',
    /train/,
    4,
  ],
  [
    'an unreachable step',
    '  @step start() { this.next(this.end); }\n  @step lost() { this.next(this.end); }\n  @step end() {}',
    /lost/,
    5,
  ],
  [
    'a conditional next',
    '  @step start() { if (this.items) this.next(this.end); }\n  @step end() {}',
    /by:/,
    4,
  ],
  ['next not last', '  @step start() { this.next(this.end); console.log(1); }\n  @step end() {}', /last/, 4],
  [
    'branches that meet without Inputs',
    '  @step start() { this.next(this.a, this.b); }\n  @step a() { this.next(this.c); }\n  @step b() { this.next(this.c); }\n  @step c() { this.next(this.end); }\n  @step end() {}',
    /[Ii]nputs/,
    7,
  ],
  [
    'Inputs without a split',
    '  @step start() { this.next(this.j); }\n  @step j(inputs: Inputs<BadFlow>) { this.next(this.end); }\n  @step end() {}',
    /split|foreach|branch/,
    5,
  ],
  [
    'a foreach without join',
    '  @step start() { this.next(this.w, { foreach: this.items }); }\n  @step w(n: number) { this.next(this.end); }\n  @step end() {}',
    /join/,
    0,
  ],
  [
    'a loop without a switch',
    '  @step start() { this.next(this.a); }\n  @step a() { this.next(this.b); }\n  @step b() { this.next(this.a); }\n  @step end() {}',
    /switch|loop|cycle/,
    0,
  ],
  [
    'a next that cannot be read',
    '  @step start() { const self = this; self.next(this.end); }\n  @step end() {}',
    /this\.next|@step\(\{/,
    4,
  ],
];

describe('check', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  it.each(cases)('refuses %s', async (_name, body, message, line) => {
    const file = leat.write('flow.ts', flow(body));
    const result = await leat.call(['check', file]);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toMatch(message);
    if (line > 0) expect(result.stderr).toContain(`flow.ts:${line}:`);
    const run = await leat.call(['run', file]);
    expect(run.exitCode).toBe(3);
    expect(await leat.json<unknown[]>('list', 'runs')).toEqual([]);
  });

  it('accepts a good flow and prints its graph', async () => {
    const file = leat.write(
      'flow.ts',
      flow(
        '  @step start() { this.next(this.w, { foreach: this.items }); }\n  @step w(n: number) { this.next(this.j); }\n  @step j(inputs: Inputs<BadFlow>) { this.next(this.end); }\n  @step end() {}',
      ),
    );
    expect((await leat.ok(['check', file])).exitCode).toBe(0);
    expect((await leat.ok(['show', file])).stdout).toMatch(/start[\s\S]*w[\s\S]*j[\s\S]*end/);
    expect((await leat.ok(['show', file, '--mermaid'])).stdout).toMatch(/flowchart|graph/);
    expect((await leat.ok(['show', file, '--dot'])).stdout).toContain('digraph');
    expect((await leat.json<{ flow: string }>('show', file)).flow).toBe('BadFlow');
  });

  it.each([
    ['a syntax error', 'export default class X extends {', 'flow.ts:1:'],
    ['a missing package', "import 'no-such-package-here';\nexport default 1;", 'no-such-package-here'],
    ['no flow', 'export const x = 1;', 'default'],
  ])('says what is wrong with %s', async (_name, text, named) => {
    const result = await leat.call(['check', leat.write('flow.ts', text)]);
    expect(result.exitCode).toBe(3);
    expect(result.stderr).toContain(named);
    expect(result.stderr).not.toMatch(/node:internal|dist\/bin/);
  });

  it('names an artifact that cannot be stored by its path', async () => {
    const text = flow(
      '  declare model: unknown;\n  @step start() { this.model = { layers: [1, { fn: () => 1 }] }; this.next(this.end); }\n  @step end() {}',
    );
    const result = await leat.call(['run', leat.write('flow.ts', text)]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('this.model.layers[1].fn is a function');
  });

  it('an unset artifact says which step should have set it', async () => {
    const text = flow(
      '  declare score: number;\n  @step start() { this.next(this.a, this.b); }\n  @step a() { this.score = 1; this.next(this.j); }\n  @step b() { this.next(this.j); }\n  @step j(inputs: Inputs<BadFlow>) { this.next(this.end); }\n  @step end() { console.log(this.score); }',
    );
    const result = await leat.call(['run', leat.write('flow.ts', text)]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/score/);
    expect(result.stderr).toMatch(/'a'|step a/);
    expect(result.stderr).toContain('merge');
  });
});
