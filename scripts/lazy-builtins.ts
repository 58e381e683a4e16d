import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';
import { root } from './workspace.ts';

// A bare process, or the launcher of the program, has loaded these before it runs.
const loaded = new Set(['buffer', 'events', 'fs', 'path', 'process', 'timers', 'url', 'util', 'vm']);

const namespace = 'lazy-builtin';
const none = { file: '', names: [] };

/** An `import` of one of them would still touch all of its exports, and some of those load dozens of modules when touched. */
function loadedSource(name: string, exports: readonly string[]): string {
  return [
    `const real = process.getBuiltinModule('node:${name}');`,
    'export default real;',
    ...exports.map((key) => `export const ${key} = /* @__PURE__ */ (() => real.${key})();`),
  ].join('\n');
}

/** Functions that a bundle brings itself, by module: the file that exports them under the same names. */
export type Substitutes = Readonly<
  Record<string, { readonly file: string; readonly names: readonly string[] }>
>;

/** Each function stands for the one in Node's module, which is loaded by the first call; it may also be extended as a class. */
function lazySource(
  name: string,
  exports: Readonly<Record<string, unknown>>,
  own: Substitutes[string],
): string {
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === 'function');
  const others = Object.keys(exports).filter((key) => typeof exports[key] !== 'function');
  return `
const load = () => process.getBuiltinModule('node:${name}');
const lazy = (key) => {
  function standIn(...args) {
    const real = load()[key];
    if (!new.target) return Reflect.apply(real, load(), args);
    if (real.prototype) Object.setPrototypeOf(standIn.prototype, real.prototype);
    return Reflect.construct(real, args, new.target === lazily ? real : new.target);
  }
  // What hangs on it, such as Readable.from.
  const lazily = new Proxy(standIn, { get: (own, name) => (name in own ? own[name] : load()[key][name]) });
  return lazily;
};
const lazyObject = (read) => new Proxy({}, { get: (_, key) => read()[key], has: (_, key) => key in read() });
const functions = new Set(${JSON.stringify(functions)});
const known = { __proto__: null${own.names.map((key) => `, ${key}`).join('')} };
const made = new Map();
export default new Proxy({}, {
  get: (_, key) => {
    if (key in known) return known[key];
    if (!functions.has(key)) return load()[key];
    if (!made.has(key)) made.set(key, lazy(key));
    return made.get(key);
  },
});
${own.names.length > 0 ? `import { ${own.names.join(', ')} } from ${JSON.stringify(own.file)};\nexport { ${own.names.join(', ')} };` : ''}
${functions.map((key) => (own.names.includes(key) ? '' : `export const ${key} = /* @__PURE__ */ lazy('${key}');`)).join('\n')}
${others.map((key) => `export const ${key} = /* @__PURE__ */ lazyObject(() => load().${key});`).join('\n')}`;
}

/**
 * Lets a bundle load modules of Node when they are used instead of when it starts: `node:crypto` alone costs a quarter of
 * the start of a bare process. The sources import them as everybody does.
 *
 * @param loadedToo Modules that are loaded with the bundle: nearly every start needs them, or their functions are called often.
 */
export function lazyBuiltins(substitutes: Substitutes, loadedToo: readonly string[] = []): Plugin {
  const atOnce = loaded.union(new Set(loadedToo));
  return {
    name: 'lazy-builtins',
    setup(build) {
      build.onResolve({ filter: /^node:/ }, ({ path }) => {
        const name = path.slice('node:'.length);
        return builtinModules.includes(name) ? { path: name, namespace, sideEffects: false } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
        const names = Object.entries(process.getBuiltinModule(path) ?? {}).filter(([key]) =>
          /^[A-Za-z_$][\w$]*$/.test(key),
        );
        const exports = Object.fromEntries(names);
        const contents = atOnce.has(path)
          ? loadedSource(path, Object.keys(exports))
          : lazySource(path, exports, substitutes[path] ?? none);
        return { contents, loader: 'js', resolveDir: root };
      });
    },
  };
}
