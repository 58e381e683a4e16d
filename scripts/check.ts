// `npm run check`: everything that can be known about the code without running whole flows. The cheap parts come first, and the first part that
// fails ends it. `npm run check -- lint types` runs the parts it names.
import { spawnSync } from 'node:child_process';
import { root } from './workspace.ts';

interface Part {
  readonly name: string;
  readonly what: string;
  /** Arguments for Node, with paths relative to the root. */
  readonly node: readonly string[];
}

const bin = (file: string): string => `node_modules/${file}`;

const parts: readonly Part[] = [
  { name: 'format', what: 'oxfmt', node: [bin('oxfmt/bin/oxfmt'), '--check'] },
  {
    name: 'lint',
    what: 'oxlint, type-aware',
    node: [bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings'],
  },
  { name: 'types', what: 'tsc, with the type tests', node: [bin('typescript/bin/tsc'), '-b'] },
  {
    name: 'imports',
    what: 'dependency-cruiser: the rooms and their doors',
    node: [
      '--import',
      './scripts/depcruise-typescript.ts',
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      'packages',
    ],
  },
  { name: 'dead-code', what: 'knip', node: [bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'docs', what: 'what the documents name exists', node: ['scripts/check-docs.ts'] },
  { name: 'exports', what: 'the public entries exist', node: ['scripts/check-exports.ts'] },
  {
    name: 'unit',
    what: 'vitest',
    node: [bin('vitest/vitest.mjs'), 'run', '--project=unit', '--reporter=dot'],
  },
];

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function run(part: Part): boolean {
  const started = performance.now();
  console.log(`\n● ${part.name}: ${part.what}`);
  const { status, error } = spawnSync(process.execPath, part.node, { cwd: root, stdio: 'inherit' });
  if (error !== undefined) console.error(error.message);
  console.log(`${status === 0 ? '✔' : '✘'} ${part.name} (${seconds(started)})`);
  return status === 0;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(
    `check: no part ${unknown.join(', ')}; there are ${parts.map((part) => part.name).join(', ')}`,
  );
  process.exit(2);
}
const started = performance.now();
const chosen = parts.filter((part) => wanted.length === 0 || wanted.includes(part.name));
const failed = chosen.find((part) => !run(part));
console.log(failed ? `\nFAILED: ${failed.name} (${seconds(started)})` : `\nAll good (${seconds(started)}).`);
process.exitCode = failed ? 1 : 0;
