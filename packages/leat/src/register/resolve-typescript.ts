import { isBuiltin, type ResolveHookSync } from 'node:module';

const endings = ['.ts', '.tsx', '.mts', '.js', '/index.ts', '/index.tsx', '/index.js'];

/**
 * Resolves as the bundler of a run does: `./lib/one` may mean `./lib/one.ts`, `./one.js` the TypeScript file that it is built
 * from. Node's own answer goes first.
 */
export const resolveTypeScript: ResolveHookSync = (specifier, context, nextResolve) => {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (!isPath(specifier) || isBuiltin(specifier)) throw error;
    for (const candidate of candidates(specifier)) {
      try {
        return nextResolve(candidate, context);
      } catch {
        // The next one may be it; the first error is the one that names what the user wrote.
      }
    }
    throw error;
  }
};

const isPath = (specifier: string): boolean => /^(?:\.{1,2}(?:\/|$)|file:|\/)/.test(specifier);

function candidates(specifier: string): readonly string[] {
  const built = /^(?<stem>.*)\.(?<kind>[cm]?js)$/.exec(specifier)?.groups;
  const source =
    built === undefined
      ? []
      : [`${built['stem']}.${built['kind']?.replace('js', 'ts')}`, `${built['stem']}.tsx`];
  return [...source, ...endings.map((ending) => specifier.replace(/\/$/, '') + ending)];
}
