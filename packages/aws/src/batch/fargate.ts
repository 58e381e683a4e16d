/** The pairs of cores and memory that Fargate has. Pure. */

/** One pair, in cores and MB. */
export interface FargatePair {
  readonly cpu: number;
  readonly memory: number;
}

interface Row {
  readonly cpu: number;
  readonly memories: readonly number[];
}

const steps = (from: number, to: number, by: number): readonly number[] =>
  Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by);

/** As of November 2026, from the service's own description of `resourceRequirements`. */
const rows: readonly Row[] = [
  { cpu: 0.25, memories: [512, 1024, 2048] },
  { cpu: 0.5, memories: steps(1024, 4096, 1024) },
  { cpu: 1, memories: steps(2048, 8192, 1024) },
  { cpu: 2, memories: steps(4096, 16_384, 1024) },
  { cpu: 4, memories: steps(8192, 30_720, 1024) },
  { cpu: 8, memories: steps(16_384, 61_440, 4096) },
  { cpu: 16, memories: steps(32_768, 122_880, 8192) },
];

/** Whether Fargate has exactly this pair. */
export const isFargatePair = ({ cpu, memory }: FargatePair): boolean =>
  rows.some((row) => row.cpu === cpu && row.memories.includes(memory));

/**
 * The smallest pair that has at least so much of both; `undefined`: Fargate has nothing as large.
 *
 * @example nearestFargatePair({ cpu: 1, memory: 10_000 }) // { cpu: 2, memory: 10_240 }
 */
export function nearestFargatePair({ cpu, memory }: FargatePair): FargatePair | undefined {
  for (const row of rows) {
    if (row.cpu < cpu) continue;
    const fitting = row.memories.find((each) => each >= memory);
    if (fitting !== undefined) return { cpu: row.cpu, memory: fitting };
  }
  return undefined;
}

/** The most that Fargate has of each. */
export const largestFargate: FargatePair = { cpu: 16, memory: 122_880 };
