import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { mutants } from './mutants.ts';
import { root } from './workspace.ts';

// They run for an hour, and seldom: whether each can still be put in is known in a moment.
it.each(mutants)('the mutant "$name" has its place in the sources, once', ({ file, from, to }) => {
  const text = readFileSync(path.join(root, 'packages/leat/src/scheduler', file), 'utf8');
  expect(text.split(from).length - 1).toBe(1);
  expect(to).not.toBe(from);
});

it('no two mutants have one name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
