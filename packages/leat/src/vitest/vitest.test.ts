import { describe, expect, it } from 'vitest';
import type { Plugin } from 'vitest/config';
import { leat } from './index.ts';

describe('leat/vitest', () => {
  it('is a plugin of vite', () => {
    const plugin: Plugin = leat();
    expect(plugin).toMatchObject({ name: 'leat', enforce: 'pre' });
  });

  it('lowers decorators and keeps a map to the source', async () => {
    const code =
      'const mark = (): void => {};\nexport class A { declare x: string;\n  @mark run(): void {}\n}';
    const lowered = await leat().transform(code, '/x/flow.ts?v=1');
    expect(lowered?.code).not.toContain('@mark');
    expect(lowered?.code).not.toContain('declare x');
    expect(JSON.parse(lowered?.map ?? '')).toMatchObject({ version: 3, sources: ['/x/flow.ts'] });
  });

  it.each([
    ['/x/plain.ts', 'export const x: number = 1;'],
    ['/x/style.css', '@media print {}'],
    ['/x/mail.ts', "export const mail = 'a@b.example';"],
  ])('leaves %s alone', async (id, code) => expect(await leat().transform(code, id)).toBeUndefined());

  it('keeps the name of a class that names itself', async () => {
    const source =
      'const mark = (...[]: unknown[]) => {};\nexport class TrainFlow {\n  static one = 1;\n  @mark run() { return TrainFlow.one; }\n}';
    const { code = '' } = (await leat().transform(source, '/flows/train.ts')) ?? {};
    const { TrainFlow } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
      TrainFlow: { readonly name: string };
    };
    expect(TrainFlow.name).toBe('TrainFlow');
  });

  it('says where a file cannot be read', async () => {
    await expect(leat().transform('  @mark class {', '/x/flow.ts')).rejects.toThrow('/x/flow.ts:1:');
  });
});
