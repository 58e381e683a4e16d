/** Ways to cut samples into parts to learn from and parts to be examined on; the same every time. */

export interface Fold<T> {
  readonly train: readonly T[];
  readonly test: readonly T[];
}

/** Cuts samples into `count` folds that keep the shares of the labels; each sample is in the test part of exactly one. */
export function stratifiedFolds<T extends { readonly label: number }>(
  samples: readonly T[],
  count: number,
): Fold<T>[] {
  const dealt = [...Map.groupBy(samples, (sample) => sample.label).values()].flat();
  return Array.from({ length: count }, (_, fold) => ({
    train: dealt.filter((_sample, at) => at % count !== fold),
    test: dealt.filter((_sample, at) => at % count === fold),
  }));
}
