/** A support vector machine that standardises its features; the model is text, so it can be an artifact. */
import SVM from 'libsvm-js/asm.js';
import type { Kernel } from './kernels.ts';
import type { Sample } from './penguins.ts';

export interface SvmModel {
  readonly kernel: Kernel;
  readonly cost: number;
  /** Of each feature in the training data. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** In libsvm's own text format. */
  readonly machine: string;
}

export function trainSvm(
  samples: readonly Sample[],
  { kernel, cost }: Pick<SvmModel, 'kernel' | 'cost'>,
): SvmModel {
  const columns = (samples[0]?.features ?? []).map((_, column) =>
    samples.map(({ features }) => features[column] ?? Number.NaN),
  );
  const means = columns.map(mean);
  const deviations = columns.map(
    (column, at) => Math.sqrt(mean(column.map((value) => (value - (means[at] ?? 0)) ** 2))) || 1,
  );
  const svm = new SVM({ type: SVM.SVM_TYPES.C_SVC, kernel: kernelType[kernel], cost, coef0: 1, quiet: true });
  svm.train(
    samples.map(({ features }) => standardise(features, { means, deviations })),
    samples.map(({ label }) => label),
  );
  const machine = svm.serializeModel();
  svm.free(); // its memory is no garbage collector's
  return { kernel, cost, means, deviations, machine };
}

/** The share of the samples whose species the model names. */
export function accuracy(model: SvmModel, samples: readonly Sample[]): number {
  const labels = predict(model, samples);
  return mean(samples.map(({ label }, at) => (labels[at] === label ? 1 : 0)));
}

export function predict(model: SvmModel, samples: readonly Sample[]): number[] {
  const svm = SVM.load(model.machine);
  const labels = svm.predict(samples.map(({ features }) => standardise(features, model)));
  svm.free();
  return labels;
}

const kernelType: Readonly<Record<Kernel, string>> = {
  linear: SVM.KERNEL_TYPES.LINEAR,
  polynomial: SVM.KERNEL_TYPES.POLYNOMIAL,
  rbf: SVM.KERNEL_TYPES.RBF,
  sigmoid: SVM.KERNEL_TYPES.SIGMOID,
};

function standardise(
  features: readonly number[],
  { means, deviations }: Pick<SvmModel, 'means' | 'deviations'>,
): number[] {
  return features.map((value, at) => (value - (means[at] ?? 0)) / (deviations[at] ?? 1));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
