import { readFileSync } from 'node:fs';
import { createRequire, type LoadHookSync } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as Esbuild from 'esbuild';
import { hasDecorators, lowerOptions } from '../package/lower-source.ts';
import { rememberedOr } from './lowered-cache.ts';

const scripts = /\.(?:[cm]?tsx?|jsx)$/;
const moduleSyntax = /^\s*(?:import\b(?!\s*\()|export\b)|\bimport\.meta\b/m;

let esbuild: typeof Esbuild | undefined;

/** Gives Node JavaScript for TypeScript, and for JavaScript with decorators. Installed packages are left to Node. */
export const loadTypeScript: LoadHookSync = (url, context, nextLoad) => {
  const path = scriptPath(url);
  if (path === undefined) return nextLoad(url, context);
  const text = readFileSync(path, 'utf8');
  if (!scripts.test(path) && !hasDecorators(text)) return nextLoad(url, context);
  return {
    format: formatOf(path, context.format, text),
    source: rememberedOr(path, text, lower),
    shortCircuit: true,
  };
};

function scriptPath(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  const path = fileURLToPath(new URL(url));
  return /\.[cm]?[jt]sx?$/.test(path) && !/[\\/]node_modules[\\/]/.test(path) ? path : undefined;
}

// In a folder whose package.json says no type, the syntax decides, as Node has it.
function formatOf(path: string, format: string | null | undefined, text: string): 'module' | 'commonjs' {
  if (/\.m[jt]sx?$/.test(path)) return 'module';
  if (/\.c[jt]sx?$/.test(path)) return 'commonjs';
  if (format?.startsWith('module') === true) return 'module';
  return moduleSyntax.test(text) ? 'module' : 'commonjs';
}

function lower(path: string, text: string): string {
  // A hook is synchronous, so is the import; esbuild keeps a worker between calls.
  esbuild ??= createRequire(import.meta.url)('esbuild') as typeof Esbuild;
  const { code } = esbuild.transformSync(text, { ...lowerOptions(path), sourcemap: 'inline' });
  return code;
}
