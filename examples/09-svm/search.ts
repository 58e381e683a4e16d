/** Finds the best cost for a kernel by cross-validation, and trains the final machine with it. */
import { stratifiedFolds } from './folds.ts';
import type { Kernel } from './kernels.ts';
import type { Sample } from './penguins.ts';
import { accuracy, trainSvm, type SvmModel } from './svm.ts';

export interface SearchOptions {
  readonly kernel: Kernel;
  readonly costs: readonly number[];
  readonly folds: number;
}

export interface SearchResult {
  readonly model: SvmModel;
  readonly cvAccuracy: number;
}

export function searchCost(
  samples: readonly Sample[],
  { kernel, costs, folds }: SearchOptions,
): SearchResult {
  const cuts = stratifiedFolds(samples, folds);
  const [first, ...rest] = costs.map((cost) => {
    const accuracies = cuts.map(({ train, test }) => accuracy(trainSvm(train, { kernel, cost }), test));
    return { cost, cvAccuracy: accuracies.reduce((sum, share) => sum + share, 0) / accuracies.length };
  });
  if (!first) throw new RangeError('costs: expected at least one value of C to try');
  const { cost, cvAccuracy } = rest.reduce((a, b) => (b.cvAccuracy > a.cvAccuracy ? b : a), first);
  return { model: trainSvm(samples, { kernel, cost }), cvAccuracy };
}
