import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { markScript, scriptOf } from './flow-script.ts';

const end = 'export {\n  Flow as default\n};\n//# sourceMappingURL=flow.js.map\n';

const parses = (script: string): boolean => {
  try {
    return new vm.Script(script) instanceof vm.Script;
  } catch {
    return false;
  }
};

const markOf = (text: string): string | undefined => markScript(`${text}\n${end}`, parses);

function valueOf(text: string): unknown {
  const script = scriptOf(Buffer.from(markOf(text) ?? ''));
  const run = new vm.Script(script?.source ?? '', script).runInThisContext() as () => unknown;
  return run();
}

describe('the entry of a package', () => {
  it('gives its default export as a script, strict and without a this', () => {
    expect(valueOf('var Flow = [this, (function() { return this; })(), "h\u00e9 \u4e16"];')).toEqual([
      undefined,
      undefined,
      'hé 世',
    ]);
  });

  it('keeps the lines, and the columns of the first one', () => {
    const [first, second] = valueOf('var Flow = [new Error().stack,\n  new Error().stack];') as [
      string,
      string,
    ];
    expect(first.split('\n')[1]).toMatch(/:1:13\)?$/);
    expect(second.split('\n')[1]).toMatch(/:2:3\)?$/);
  });

  it.each([
    ['awaits', 'await new Promise(() => {}); var Flow = 1;'],
    ['awaits what could be the argument of a function', 'var Flow = await (async () => 1)();'],
    ['awaits in a loop', 'for await (const x of []) {} var Flow = 1;'],
    ['asks where it is', 'var Flow = import.meta.url;'],
    ['imports', 'import fs from "node:fs"; var Flow = fs;'],
  ])('is no script when it %s', (_what, text) => {
    expect(markOf(text)).toBeUndefined();
  });

  it('is one when only its functions wait', () => {
    expect(markOf('var Flow = class { async a() { await 1; } b = async () => await 2; };')).toBeDefined();
  });

  it('is no script without a default export, or without the mark', () => {
    expect(markScript('var Flow = 1;\nexport {\n  Flow\n};\n', parses)).toBeUndefined();
    expect(markScript('var Flow = 1;\n', parses)).toBeUndefined();
    expect(scriptOf(Buffer.from(`var Flow = 1;\n${end}`))).toBeUndefined();
    expect(scriptOf(Buffer.alloc(0))).toBeUndefined();
  });
});
