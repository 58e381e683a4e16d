import { expect, test } from 'vitest';
import { stratifiedFolds } from './folds.ts';

const samples = Array.from({ length: 30 }, (_, id) => ({ id, label: id < 20 ? 0 : 1 }));

test('each sample is examined exactly once, and never by a model that learned from it', () => {
  const folds = stratifiedFolds(samples, 5);
  expect(folds.flatMap((fold) => fold.test.map(({ id }) => id)).toSorted((a, b) => a - b)).toEqual(
    samples.map(({ id }) => id),
  );
  for (const { train, test: examined } of folds) {
    expect(new Set([...train, ...examined])).toHaveLength(samples.length);
  }
});

test('every fold has the labels in the shares of the whole', () => {
  for (const fold of stratifiedFolds(samples, 5)) {
    expect(fold.test.filter(({ label }) => label === 0)).toHaveLength(4);
    expect(fold.test.filter(({ label }) => label === 1)).toHaveLength(2);
  }
});
