/** A random forest that learns the next change from the two before it, and is fed its own predictions to look further. */
import { RandomForestRegression } from 'ml-random-forest';

const options = {
  seed: 7, // the same history always gives the same forest
  nEstimators: 30,
  maxFeatures: 1.0,
  replacement: true,
  useSampleBagging: true,
  noOOB: true,
  treeOptions: { minNumSamples: 2, maxDepth: 4 },
};

export function randomForest(history: readonly number[], horizon: number): number[] {
  const changes = history.slice(1).map((value, at) => value - (history[at] ?? value));
  const targets = changes.slice(2);
  const forest = new RandomForestRegression(options);
  forest.train(
    targets.map((_, at) => changes.slice(at, at + 2)),
    targets,
  );
  let value = history.at(-1) ?? Number.NaN;
  return Array.from({ length: horizon }, () => {
    const [change = 0] = forest.predict([changes.slice(-2)]);
    changes.push(change);
    value += change;
    return value;
  });
}
