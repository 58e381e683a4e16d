import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flow = `
import { Flow, parameter, step } from 'leat';
export default class ParameterFlow extends Flow {
  alpha = parameter(0.5, { help: 'learning rate' });
  name = parameter(String, { help: 'who' });
  loud = parameter(false);
  size = parameter('small', { choices: ['small', 'big'] as const });
  tags = parameter(['a']);
  options = parameter.json<{ depth: number }>({ depth: 1 });
  text = parameter.file({ help: 'a file' });
  declare seen: unknown;
  @step start() {
    let refused = '';
    try { Reflect.set(this, 'alpha', 1); } catch (error) { refused = (error as { code: string }).code; }
    this.seen = { alpha: this.alpha, name: this.name, loud: this.loud, size: this.size, tags: this.tags, options: this.options, text: this.text, refused };
    this.next(this.end);
  }
  @step end() {}
}`;

describe('parameters', () => {
  let leat: Leat;
  let file: string;
  leatForEachTest((own) => {
    leat = own;
    file = leat.write('flow.ts', flow);
    leat.write('hello.txt', 'hello file');
  });

  const seen = (): Promise<unknown> => leat.json('get', 'ParameterFlow/latest/end.seen');

  it('come from the command line', async () => {
    await leat.ok([
      'run',
      file,
      '--name',
      'x',
      '--alpha',
      '0.25',
      '--loud',
      '--size=big',
      '--tags',
      'b,c',
      '--options',
      '{"depth":3}',
      '--text',
      'hello.txt',
    ]);
    expect(await seen()).toEqual({
      alpha: 0.25,
      name: 'x',
      loud: true,
      size: 'big',
      tags: ['b', 'c'],
      options: { depth: 3 },
      text: 'hello file',
      refused: 'ARTIFACT_READ_ONLY',
    });
  });

  it('come from the environment and from a YAML file; the command line wins', async () => {
    leat.write('p.yaml', 'alpha: 2\nname: from-yaml\ntext: hello.txt\n');
    await leat.ok(['run', file, '--params', 'p.yaml', '--alpha', '3'], {
      LEAT_PARAM_SIZE: 'big',
      LEAT_PARAM_ALPHA: '1',
    });
    expect(await seen()).toMatchObject({ alpha: 3, name: 'from-yaml', size: 'big' });
  });

  it.each([
    [['--text', 'hello.txt'], 'name'],
    [['--name', 'x', '--text', 'hello.txt', '--alpha', 'much'], 'alpha'],
    [['--name', 'x', '--text', 'hello.txt', '--size', 'huge'], 'small'],
    [['--name', 'x', '--text', 'nowhere.txt'], 'nowhere.txt'],
    [['--name', 'x', '--text', 'hello.txt', '--alhpa', '1'], 'alpha'],
  ])('a bad one is refused before the run exists: %j', async (args, named) => {
    const result = await leat.call(['run', file, ...args]);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain(named);
    expect(await leat.json<unknown[]>('list', 'runs')).toEqual([]);
  });

  it('are in the help of the flow', async () => {
    const { stdout } = await leat.ok(['run', file, '--help']);
    for (const part of ['--alpha', 'learning rate', '0.5', '--name', 'required', 'small', 'big'])
      expect(stdout).toContain(part);
  });

  it('are validated and converted by any Standard Schema', async () => {
    const even = `
const even = { '~standard': { version: 1, vendor: 'mine', validate: (value: unknown) =>
  Number(value) % 2 === 0 ? { value: Number(value) } : { issues: [{ message: 'is odd' }] } } } as const;
export default class SchemaFlow extends Flow {
  size = parameter(even, { default: 4 });
  declare seen: unknown;
  @step start() { this.seen = [this.size, typeof this.size]; this.next(this.end); }
  @step end() {}
}`;
    leat.write('schema.ts', `import { Flow, parameter, step } from 'leat';${even}`);
    const odd = await leat.call(['run', 'schema.ts', '--size', '7']);
    expect([odd.exitCode, odd.stderr]).toEqual([2, expect.stringContaining('--size: is odd')]);
    expect(await leat.json('list', 'runs')).toEqual([]);
    await leat.ok(['run', 'schema.ts', '--size', '6']);
    expect(await leat.json('get', 'SchemaFlow/1/end.seen')).toEqual([6, 'number']);
    await leat.ok(['run', 'schema.ts']);
    expect(await leat.json('get', 'SchemaFlow/2/end.seen')).toEqual([4, 'number']);
  });
});
