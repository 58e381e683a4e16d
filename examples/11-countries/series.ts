/** A country's history. Apart from the data: whoever computes with a series need not load them all. */
export interface Series {
  readonly country: string;
  readonly years: readonly number[];
  readonly values: readonly number[];
}

/** The years between two values. */
export const yearStep = 5;
