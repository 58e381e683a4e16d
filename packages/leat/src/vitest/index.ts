/**
 * `leat/vitest`: lets vitest (and vite) read flows. Both leave standard decorators in place today, and Node cannot parse them.
 * It must not change what a file means: only files with decorators are touched.
 */
import { hasDecorators, lowerOptions } from '../package/lower-source.ts';

/** A plugin for vite, as far as this one needs the type; vite itself is the user's. */
export interface LeatPlugin {
  readonly name: 'leat';
  readonly enforce: 'pre';
  transform(code: string, id: string): Promise<{ code: string; map: string } | undefined>;
}

/**
 * Lowers decorators in the files of a test run.
 *
 * @example
 * // vitest.config.ts
 * import { leat } from 'leat/vitest';
 * export default { plugins: [leat()] };
 */
export function leat(): LeatPlugin {
  return {
    name: 'leat',
    enforce: 'pre',
    async transform(code, id) {
      const [file = id] = id.split('?');
      if (!/\.[cm]?[jt]sx?$/.test(file) || !hasDecorators(code)) return undefined;
      const { transform } = await import('esbuild');
      const lowered = await transform(code, { ...lowerOptions(file), sourcemap: 'external' });
      return { code: lowered.code, map: lowered.map };
    },
  };
}
