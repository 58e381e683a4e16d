import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ancestors, sourceRoot } from './source-root.ts';

const names = ['leat.config.ts', 'leat.config.js', 'leat.config.mjs', 'leat.config.json'];

/** The file with the settings for a flow: in its folder, or the nearest one above it, up to the root of its project. */
export function findConfig(flowFile: string): string | undefined {
  const folder = dirname(flowFile);
  const all = ancestors(folder);
  return all
    .slice(0, all.indexOf(sourceRoot(folder)) + 1)
    .flatMap((each) => names.map((name) => join(each, name)))
    .find((path) => existsSync(path));
}
