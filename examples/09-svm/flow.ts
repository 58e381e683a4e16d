import { Flow, parameter, step, type Inputs } from 'leat';
import { kernels, type Kernel } from './kernels.ts';
import type { Sample } from './penguins.ts';
import type { SvmModel } from './svm.ts';

/** Trains support vector machines with several kernels side by side, and keeps the one that names penguins best. */
export default class SvmFlow extends Flow {
  costs = parameter([0.1, 1, 10, 100], { help: 'values of C to try' });
  folds = parameter(5, { help: 'folds of the cross-validation' });

  declare train: readonly Sample[];
  declare test: readonly Sample[];
  declare kernels: readonly Kernel[];
  declare model: SvmModel;
  declare cvAccuracy: number;

  @step async start() {
    const { loadPenguins } = await import('./penguins.ts');
    const { stratifiedFolds } = await import('./folds.ts');
    const [split] = stratifiedFolds(loadPenguins(), 4); // a quarter is put aside until the choice is made
    this.train = split?.train ?? [];
    this.test = split?.test ?? [];
    this.kernels = kernels;
    this.next(this.trainSvm, { foreach: this.kernels });
  }

  @step async trainSvm(kernel: Kernel) {
    const { searchCost } = await import('./search.ts');
    const { model, cvAccuracy } = searchCost(this.train, { kernel, costs: this.costs, folds: this.folds });
    this.model = model;
    this.cvAccuracy = cvAccuracy;
    this.next(this.chooseModel);
  }

  @step chooseModel(inputs: Inputs<SvmFlow>) {
    for (const { model, cvAccuracy } of inputs) {
      console.log(
        `${model.kernel.padEnd(12)} C = ${String(model.cost).padEnd(5)} ${percent(cvAccuracy)} in cross-validation`,
      );
    }
    const best = inputs.reduce((a, b) => (b.cvAccuracy > a.cvAccuracy ? b : a));
    this.model = best.model;
    this.cvAccuracy = best.cvAccuracy;
    this.merge(inputs, { include: ['test'] });
    this.next(this.end);
  }

  @step async end() {
    const { accuracy } = await import('./svm.ts');
    console.log(
      `chosen: ${this.model.kernel}, ${percent(accuracy(this.model, this.test))} of ${this.test.length} penguins it had never seen`,
    );
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
