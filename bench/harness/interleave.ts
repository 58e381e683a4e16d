/** A side of a comparison: one call runs it once, in a folder of its own. */
export type Sides<Name extends string, Result> = Readonly<Record<Name, (round: number) => Result>>;

/**
 * A B, B A, A B, …: what the machine does meanwhile (clock, other processes) falls on all sides alike, and so does going first.
 *
 * @example
 * const { leat, metaflow } = interleave(5, { leat: runLeat, metaflow: runMetaflow });
 */
export function interleave<Name extends string, Result>(
  rounds: number,
  sides: Sides<Name, Result>,
): Record<Name, Result[]> {
  const names = Object.keys(sides) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) results[name].push(sides[name](round));
  }
  return results;
}
