import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ParameterDescription } from '../../flow/description.ts';
import { isLeatError } from '../../errors/index.ts';
import { readParameters, type ParameterSources } from './read-parameters.ts';

const files: Readonly<Record<string, string | Uint8Array>> = {
  'hello.txt': 'hello',
  'bytes.bin': new Uint8Array([0xff, 0xfe]),
  'p.yaml': 'alpha: 2\nname: from-yaml\n',
  'p.json': '{ "alpha": 3 }',
  'list.yaml': '- 1\n',
  'broken.yaml': 'alpha: [1\n',
  'typo.yaml': 'alhpa: 1\n',
  'types.yaml': 'alpha: "2"\nname: 12\n',
};

const alpha: ParameterDescription = { name: 'alpha', kind: 'number', required: false, default: 0.5 };
const name: ParameterDescription = { name: 'name', kind: 'string', required: true };
const loud: ParameterDescription = { name: 'loud', kind: 'boolean', required: false, default: false };
const maxDepth: ParameterDescription = { name: 'maxDepth', kind: 'number', required: false, default: 1 };
const size: ParameterDescription = {
  name: 'size',
  kind: 'string',
  required: false,
  default: 'small',
  choices: ['small', 'big'],
};
const tags: ParameterDescription = {
  name: 'tags',
  kind: 'list',
  item: 'string',
  separator: ',',
  required: false,
  default: ['a'],
};
const sizes: ParameterDescription = {
  name: 'sizes',
  kind: 'list',
  item: 'number',
  separator: ';',
  required: false,
  default: [],
};
const options: ParameterDescription = { name: 'options', kind: 'json', required: false, default: {} };
const text: ParameterDescription = { name: 'text', kind: 'file', encoding: 'utf8', required: true };
const schema = (of: unknown, more: Partial<ParameterDescription> = {}): ParameterDescription => ({
  name: 'limit',
  kind: 'schema',
  schema: of,
  required: true,
  ...more,
});

const readFile: ParameterSources['readFile'] = async (path) => {
  const content = files[path];
  if (content === undefined)
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: 'ENOENT' });
  return Buffer.from(content as string);
};

const read = async (
  parameters: readonly ParameterDescription[],
  sources: Omit<ParameterSources, 'readFile'> = {},
) => (await readParameters(parameters, { ...sources, readFile })).values;
const args = async (parameter: ParameterDescription, ...given: readonly string[]) =>
  (await read([parameter], { arguments: given }))[parameter.name];

async function refusal(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (isLeatError(error) && error.code === 'PARAMETER_INVALID') return `${error.message}\n${error.hint}`;
    throw error;
  }
  throw new Error('was not refused');
}

describe('where values come from', () => {
  it('defaults', async () =>
    expect(await read([alpha, loud, tags, options])).toEqual({
      alpha: 0.5,
      loud: false,
      tags: ['a'],
      options: {},
    }));

  it('the command line, then code, then the environment, then the file', async () => {
    const all = {
      arguments: ['--alpha', '1'],
      values: { alpha: 2 },
      env: { LEAT_PARAM_ALPHA: '3' },
      file: 'p.json',
    };
    expect(await read([alpha], all)).toEqual({ alpha: 1 });
    expect(await read([alpha], { ...all, arguments: [] })).toEqual({ alpha: 2 });
    expect(await read([alpha], { env: all.env, file: 'p.json' })).toEqual({ alpha: 3 });
    expect(await read([alpha], { file: 'p.json' })).toEqual({ alpha: 3 });
    expect(await read([alpha, name], { file: 'p.yaml' })).toEqual({ alpha: 2, name: 'from-yaml' });
  });

  it('says so', async () => {
    const { origins } = await readParameters([alpha, name, loud], {
      arguments: ['--alpha=1'],
      file: 'p.yaml',
      readFile,
    });
    expect(origins).toEqual({ alpha: '--alpha', name: "'name' in p.yaml", loud: 'default' });
  });

  it('takes camel case as it is written and as the shell likes it', async () => {
    expect(await args(maxDepth, '--maxDepth', '3')).toBe(3);
    expect(await args(maxDepth, '--max-depth=4')).toBe(4);
    expect(await read([maxDepth], { env: { LEAT_PARAM_MAX_DEPTH: '5' } })).toEqual({ maxDepth: 5 });
  });
});

describe('what texts mean', () => {
  it.each<[ParameterDescription, string[], unknown]>([
    [alpha, ['--alpha', '-1e-3'], -0.001],
    [alpha, ['--alpha', '1', '--alpha', '2'], 2],
    [name, ['--name=--odd'], '--odd'],
    [name, ['--name='], ''],
    [name, ['--name', '12'], '12'],
    [loud, ['--loud'], true],
    [loud, ['--no-loud'], false],
    [loud, ['--loud=false'], false],
    [loud, ['--loud', 'false'], false],
    [loud, ['--loud=YES'], true],
    [size, ['--size', 'big'], 'big'],
    [tags, ['--tags', 'b, c'], ['b', 'c']],
    [tags, ['--tags', 'b', '--tags', 'c,d'], ['b', 'c', 'd']],
    [tags, ['--tags='], []],
    [sizes, ['--sizes', '1;2.5'], [1, 2.5]],
    [options, ['--options', '{"depth":3}'], { depth: 3 }],
    [text, ['--text', 'hello.txt'], 'hello'],
    [{ ...text, encoding: 'bytes' }, ['--text', 'bytes.bin'], new Uint8Array([0xff, 0xfe])],
    [{ ...text, required: false, default: 'hello.txt' }, [], 'hello'],
  ])('%o %j', async (parameter, given, expected) =>
    expect(await args(parameter, ...given)).toEqual(expected),
  );

  it('gives back every number and every JSON value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ noNaN: true }), fc.jsonValue(), async (number, json) => {
        const given = ['--alpha', String(number), `--options=${JSON.stringify(json)}`];
        const values = await read([alpha, options], { arguments: given });
        // `String(-0)` is '0', in the shell as well.
        expect(values['alpha']).toBe(number === 0 ? 0 : number);
        expect(JSON.stringify(values['options'])).toBe(JSON.stringify(json));
      }),
    );
  });
});

describe('a schema', () => {
  it.each<[unknown, string, unknown]>([
    [z.number().max(10), '5', 5],
    [z.string(), '5', '5'],
    [z.coerce.date(), '2024', new Date('2024')],
    [z.coerce.boolean(), 'false', false],
    [z.object({ depth: z.number() }), '{"depth": 3}', { depth: 3 }],
    [z.array(z.string()), '["a"]', ['a']],
    [z.string().transform(async (value) => value.length), 'four', 4],
  ])('%o takes %j', async (of, given, expected) =>
    expect(await args(schema(of), '--limit', given)).toEqual(expected),
  );

  it('takes data as it is', async () => {
    expect(
      await read([schema(z.object({ a: z.date() }))], { values: { limit: { a: new Date(0) } } }),
    ).toEqual({ limit: { a: new Date(0) } });
  });

  it('has defaults of its own or one beside it', async () => {
    expect(await read([schema(z.number().default(7), { required: false })])).toEqual({ limit: 7 });
    expect(await read([schema(z.coerce.date(), { required: false, default: '2024' })])).toEqual({
      limit: new Date('2024'),
    });
  });

  it('says what is wrong with its own words and the path', async () => {
    const config = schema(z.object({ layers: z.array(z.object({ size: z.number() })) }));
    expect(await refusal(args(config, '--limit', '{"layers":[{"size":1},{"size":"x"}]}'))).toMatch(
      /^--limit: layers\[1\]\.size: .*number/,
    );
    expect(await refusal(args(schema(z.number().max(10)), '--limit', '50'))).toMatch(/^--limit: Too big/);
    const thrower = {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => {
          throw new Error('oh');
        },
      },
    };
    expect(await refusal(args(schema(thrower), '--limit', '1'))).toContain(
      '--limit: its schema threw Error: oh',
    );
  });
});

describe('what is refused', () => {
  it.each<[string, ParameterDescription[], Omit<ParameterSources, 'readFile'>, string]>([
    ['no value', [name], {}, '--name: it is required and has no value'],
    ['no number', [alpha], { arguments: ['--alpha', 'much'] }, "--alpha: expected a number, got 'much'"],
    [
      'an empty number',
      [alpha],
      { env: { LEAT_PARAM_ALPHA: '' } },
      "LEAT_PARAM_ALPHA: expected a number, got ''",
    ],
    ['no boolean', [loud], { arguments: ['--loud=maybe'] }, "--loud: expected true or false, got 'maybe'"],
    [
      'none of the choices',
      [size],
      { arguments: ['--size', 'huge'] },
      "--size: expected one of 'small', 'big', got 'huge'",
    ],
    ['an entry', [sizes], { arguments: ['--sizes', '1;b'] }, "--sizes: entry 2: expected a number, got 'b'"],
    ['no JSON', [options], { arguments: ['--options', '{'] }, "--options: expected JSON, got '{'"],
    [
      'no file',
      [text],
      { arguments: ['--text', 'nowhere.txt'] },
      "--text: the file 'nowhere.txt' cannot be read: ENOENT",
    ],
    ['no text', [text], { arguments: ['--text', 'bytes.bin'] }, "the file 'bytes.bin' is no UTF-8 text"],
    [
      'an unknown name',
      [alpha],
      { arguments: ['--alhpa', '1'] },
      '--alhpa: is no parameter; did you mean --alpha?',
    ],
    [
      'a name that is far off',
      [alpha, size],
      { arguments: ['--banana=1'] },
      '--banana: is no parameter; the flow has --alpha, --size',
    ],
    [
      'a name where there are none',
      [],
      { arguments: ['--x', '1'] },
      '--x: is no parameter; the flow has none',
    ],
    ['a negated number', [alpha], { arguments: ['--no-alpha'] }, '--no-alpha: is no parameter'],
    ['a value without a name', [alpha], { arguments: ['7'] }, "'7': stands behind no parameter"],
    [
      'a name without a value',
      [name],
      { arguments: ['--name', '--loud'] },
      '--name: expected a value after it',
    ],
    [
      'an unknown name in a file',
      [alpha],
      { file: 'typo.yaml' },
      "'alhpa' in typo.yaml: is no parameter; did you mean 'alpha'?",
    ],
    [
      'an unknown name in code',
      [alpha],
      { values: { alhpa: 1 } },
      "'alhpa' of the parameters: is no parameter",
    ],
    [
      'a text for a number',
      [alpha, name],
      { file: 'types.yaml' },
      "'alpha' in types.yaml: expected a number, got '2'",
    ],
    [
      'a number for a text',
      [alpha, name],
      { file: 'types.yaml' },
      "'name' in types.yaml: expected a text, got 12",
    ],
    ['a list for a file', [], { file: 'list.yaml' }, "'list.yaml' cannot be read: it holds a list"],
    ['a broken file', [], { file: 'broken.yaml' }, "'broken.yaml' cannot be read"],
    ['a missing file', [], { file: 'gone.yaml' }, "--params: the file 'gone.yaml' cannot be read: ENOENT"],
    ['a strange entry', [tags], { values: { tags: ['a', 1] } }, 'entry 2: expected a text, got 1'],
  ])('%s', async (_name, parameters, sources, message) =>
    expect(await refusal(read(parameters, sources))).toContain(message),
  );

  it('says all of it at once, each thing once', async () => {
    const message = await refusal(
      read([alpha, name, size], { arguments: ['--alpha', 'x', '--siez', 'big', '--name'] }),
    );
    expect(message).toContain('3 parameters are not accepted:');
    expect(message).toContain(
      '\n  --siez: is no parameter; did you mean --size?\n  --name: expected a value after it\n  --alpha: expected a number',
    );
    expect(message).not.toContain('required');
  });
});
