import { expect, test } from 'vitest';
import { kernels } from './kernels.ts';
import { loadPenguins, species, type Sample } from './penguins.ts';
import { searchCost } from './search.ts';
import { accuracy, predict, trainSvm } from './svm.ts';

const ring: Sample[] = Array.from({ length: 60 }, (_, at) => {
  const radius = at % 2 === 0 ? 1 : 3;
  return { features: [radius * Math.cos(at), radius * Math.sin(at)], label: at % 2 };
});

test('a ring around a disc is told apart by a curved kernel, not by a line', () => {
  expect(accuracy(trainSvm(ring, { kernel: 'rbf', cost: 1 }), ring)).toBe(1);
  expect(accuracy(trainSvm(ring, { kernel: 'linear', cost: 1 }), ring)).toBeLessThan(0.8);
});

test('a model survives being stored as text', () => {
  const model = trainSvm(ring, { kernel: 'rbf', cost: 1 });
  expect(predict(JSON.parse(JSON.stringify(model)) as typeof model, ring)).toEqual(predict(model, ring));
});

test.each(kernels)('the %s kernel names more than nine penguins in ten', (kernel) => {
  const { cvAccuracy } = searchCost(loadPenguins(), { kernel, costs: [1], folds: 3 });
  expect(cvAccuracy).toBeGreaterThan(0.9);
});

test('the data are 342 measured penguins of three species', () => {
  const labels = loadPenguins().map(({ label }) => species[label]);
  expect(labels).toHaveLength(342);
  expect(new Set(labels)).toEqual(new Set(species));
});

test('costs must not be empty', () => {
  expect(() => searchCost(ring, { kernel: 'rbf', costs: [], folds: 3 })).toThrow(RangeError);
});
