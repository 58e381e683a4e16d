/** The table of prices: the one that comes with this package, or one of the user's own in the same form. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LeatError } from 'leat';

/** Prices of one kind of place, in the table's currency. */
export interface KindPrices {
  /** For people: `EC2 on-demand`. */
  readonly name: string;
  readonly vcpuHour: number;
  /** For 1,024 MB. */
  readonly gbHour: number;
  /** Beyond the vCPUs and the memory that come with it. */
  readonly gpuHour?: number;
  /** Each job costs at least a minute. */
  readonly wholeMinute?: boolean;
  /** Jobs get the pairs of cores and memory that Fargate has. Absent: whole cores, and as much memory as they ask for. */
  readonly sizes?: 'fargate';
}

/** See the file's header. */
export interface PriceTable {
  /** When the prices were looked up: `2026-11-23`. */
  readonly asOf: string;
  /** As in ISO 4217. */
  readonly currency: string;
  readonly region: string;
  readonly kinds: Readonly<Record<string, KindPrices>>;
  /** Which kind a queue is, by its name; the first that fits holds. `*` stands for any text. */
  readonly queues: readonly { readonly name: string; readonly kind: string }[];
  /** For people. */
  readonly notIncluded: string;
}

const ownFile = fileURLToPath(new URL('../../prices.json', import.meta.url));

/** Reads the table that comes with this package. */
export const ownPrices = (): PriceTable => parsePrices(JSON.parse(readFileSync(ownFile, 'utf8')), ownFile);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPrice = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isKind = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  isPrice(value['vcpuHour']) &&
  isPrice(value['gbHour']) &&
  (value['gpuHour'] === undefined || isPrice(value['gpuHour'])) &&
  (value['sizes'] === undefined || value['sizes'] === 'fargate');

/**
 * Checks a table.
 *
 * @param from named in messages
 * @throws LeatError OPTION_INVALID saying what is missing
 */
export function parsePrices(table: unknown, from: string): PriceTable {
  if (!isRecord(table)) throw invalid(from, 'it must be a JSON object');
  for (const name of ['asOf', 'currency', 'region', 'notIncluded'])
    if (typeof table[name] !== 'string') throw invalid(from, `'${name}' must be a text`);
  const { kinds, queues } = table;
  if (!isRecord(kinds) || Object.values(kinds).some((kind) => !isKind(kind)))
    throw invalid(
      from,
      "each of 'kinds' needs a name and prices of at least 0: vcpuHour, gbHour, and for GPUs gpuHour; 'sizes' is 'fargate' or absent",
    );
  const areQueues =
    Array.isArray(queues) &&
    queues.every(
      (queue: unknown) =>
        isRecord(queue) && typeof queue['name'] === 'string' && Object.hasOwn(kinds, String(queue['kind'])),
    );
  if (!areQueues) throw invalid(from, "each of 'queues' needs a name and one of the kinds");
  return table as unknown as PriceTable;
}

const invalid = (from: string, what: string): LeatError =>
  new LeatError('OPTION_INVALID', `the prices in ${from}: ${what}`, {
    hint: `A table to begin with: ${ownFile}`,
  });
