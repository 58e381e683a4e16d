import { transform } from 'esbuild';
import type { Plugin } from 'vitest/config';

/**
 * Lowers standard decorators, which vite leaves in place and Node cannot parse. Only files with a decorator at the start of a line pay for it.
 * To be replaced by the project's own `leat/vitest`.
 */
export function decorators(): Plugin {
  return {
    name: 'leat-decorators',
    enforce: 'pre',
    async transform(code, id) {
      const [file = id] = id.split('?');
      if (!/\.[mc]?tsx?$/.test(file) || !/^\s*@\w/m.test(code)) return undefined;
      const lowered = await transform(code, {
        loader: file.endsWith('x') ? 'tsx' : 'ts',
        target: 'es2024',
        sourcemap: true,
        sourcefile: file,
        tsconfigRaw: {},
      });
      return { code: lowered.code, map: lowered.map };
    },
  };
}
