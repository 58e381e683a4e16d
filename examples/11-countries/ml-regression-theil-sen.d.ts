/** The part of ml-regression-theil-sen that we use; the package has no types of its own. */
declare module 'ml-regression-theil-sen' {
  export class TheilSenRegression {
    constructor(x: readonly number[], y: readonly number[]);
    predict(x: number): number;
  }
}
