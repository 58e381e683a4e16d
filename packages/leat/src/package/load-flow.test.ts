import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLeatError, type LeatError } from '../errors/index.ts';
import { FlowFolder } from './flow-folder.fixture.ts';
import { loadFlow } from './load-flow.ts';
import { Locator } from './locator.ts';

let folder: FlowFolder;
beforeEach(() => {
  folder = new FlowFolder();
  folder.write('package.json', '{ "type": "module" }');
});
afterEach(() => folder.dispose());

interface FlowLike {
  readonly prototype: Readonly<Record<string, () => unknown>>;
}

const flow = (name: string): string =>
  `class ${name} extends Flow { @step start() { this.next(this.end); } @step end() {} }`;
const load = async (text: string) => {
  folder.write('flow.ts', `import { Flow, step } from 'leat';\n${text}`);
  return loadFlow(await folder.build());
};
async function refusal(text: string): Promise<LeatError> {
  const error: unknown = await load(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isLeatError(error)) return error;
  throw new Error(`was not refused: ${String(error)}`);
}

describe('loadFlow', () => {
  it('gives the default export', async () =>
    expect((await load(`export default ${flow('TinyFlow')}`)).name).toBe('TinyFlow'));

  it('knows a flow by its brand, not by its copy of Flow', async () => {
    const { isFlowClass } = await import('../flow/flow.ts');
    expect(isFlowClass(await load(`export default ${flow('TinyFlow')}`))).toBe(true);
  });

  it.each([
    ['export const x = 1;', 'the file has no default export, so it holds no flow'],
    [`export ${flow('TinyFlow')}`, "the flow 'TinyFlow' is not the default export"],
    [
      `export ${flow('AFlow')}\nexport ${flow('BFlow')}`,
      "the file holds several flows ('AFlow', 'BFlow') and none is the default export",
    ],
    ['export default 7;', 'the default export is a number, not a flow'],
    ['export default class Plain {}', "the default export is the class 'Plain', not a flow"],
    ['export default () => 1;', 'the default export is the function'],
    ['export default undefined;', 'the default export is undefined, not a flow'],
    ['export default Flow;', "the default export is the class 'Flow', not a flow"],
  ])('%s', async (text, message) => {
    expect(await refusal(text)).toMatchObject({
      code: 'FLOW_INVALID',
      message: expect.stringContaining(message) as string,
      place: { file: join(folder.path, 'flow.ts') },
    });
  });

  it('says where code outside of steps throws', async () => {
    folder.write('lib/a.ts', '// one\n// two\nexport const f = (x: { y?: number[] }) => x.y!.length;\n');
    const error = await refusal(
      `import { f } from './lib/a.ts';\nexport const n = f({});\nexport default ${flow('TinyFlow')}`,
    );
    expect(error).toMatchObject({
      code: 'FLOW_LOAD',
      place: { file: join(folder.path, 'lib/a.ts'), line: 3 },
    });
    expect(error.message).toContain(
      "'flow.ts' fails while it is imported: TypeError: Cannot read properties of undefined",
    );
    expect(error.frame).toContain('> 3 | export const f');
  });
});

describe('Locator', () => {
  const text = `import { Flow, step } from 'leat';

interface Ünused { readonly x: number }

export default class TinyFlow extends Flow {
  declare wide: string[];

  @step start() {
    const plan: Ünused = { x: 1 }; this.next(this.middle);
  }

  helper() { throw new Error('from helper ' + this.wide); }

  @step async middle() {
    // a comment moves lines
    this.helper();
    this.next(
      this.end,
    );
  }

  @step end() {}
}
class Other { end() {} }
export const other = new Other();
`;
  const places = async (): Promise<{
    locator: Locator;
    cls: FlowLike;
  }> => {
    folder.write('flow.ts', text);
    const built = await folder.build();
    return { locator: new Locator(built), cls: (await loadFlow(built)) as unknown as FlowLike };
  };
  const lineOf = (needle: string): number => text.slice(0, text.indexOf(needle)).split('\n').length;

  it('finds every identifier of a method in the file of the user', async () => {
    const { locator, cls } = await places();
    for (const [method, needle] of [
      ['start', 'this.middle'],
      ['start', 'plan'],
      ['middle', 'this.helper'],
      ['middle', 'this.end'],
      ['start', 'start'],
    ] as const) {
      const source = String(cls.prototype[method]);
      const found = locator.method(source, source.indexOf(needle), 'TinyFlow');
      const at = text.indexOf(needle === 'start' ? 'start()' : needle);
      expect([needle, found?.place]).toEqual([
        needle,
        {
          file: join(folder.path, 'flow.ts'),
          line: text.slice(0, at).split('\n').length,
          column: at - text.lastIndexOf('\n', at - 1),
        },
      ]);
    }
  });

  it('takes the method of the named class when two read the same', async () => {
    const { locator } = await places();
    expect(locator.method('end() {\n  }', 0, 'TinyFlow')?.place.line).toBe(lineOf('@step end'));
    expect(locator.method('end() {\n  }', 0, 'Other')?.place.line).toBe(lineOf('class Other'));
    expect(locator.method('nowhere() {}')).toBeUndefined();
  });

  it('reads the stacks of a process that has source maps off', async () => {
    const { locator } = await places();
    const built = await folder.build();
    const generated = Buffer.from(built.files.find(({ name }) => name === 'flow.js')?.bytes ?? []).toString();
    const lines = generated.split('\n');
    const line = lines.findIndex((each) => each.includes('from helper'));
    const column = (lines[line] ?? '').indexOf('new Error') + 1;
    const at = text.indexOf('new Error');
    const place = `${join(folder.path, 'flow.ts')}:${lineOf('new Error')}:${at - text.lastIndexOf('\n', at)}`;
    for (const path of [join(built.folder, 'flow.js'), pathToFileURL(join(built.folder, 'flow.js')).href]) {
      expect(
        locator.stack(
          `Error: x\n    at TinyFlow.helper (${path}:${line + 1}:${column})\n    at async ${path}:${line + 1}:${column}`,
        ),
      ).toBe(`Error: x\n    at TinyFlow.helper (${place})\n    at async ${place}`);
    }
  });

  it('rewrites stacks and leaves foreign lines alone', async () => {
    const { locator, cls } = await places();
    let stack = '';
    try {
      cls.prototype['helper']?.call({ wide: 1 });
    } catch (error) {
      stack = (error as Error).stack ?? '';
    }
    const [head, first, ...rest] = locator.stack(stack).split('\n');
    expect(head).toBe('Error: from helper 1');
    expect(first).toContain(`${join(folder.path, 'flow.ts')}:${lineOf('helper() {')}:`);
    expect(rest).toEqual(stack.split('\n').slice(2));
    expect(locator.firstPlace(stack)?.frame).toContain('helper() { throw');
    expect(locator.firstPlace('Error: x\n    at node:internal/x:1:2')).toBeUndefined();
  });
});
