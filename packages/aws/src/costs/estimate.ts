/** What a run on AWS Batch has used, and about what that costs. Pure: an estimate by a table of prices, and no bill. */
import type { CostEstimate, StepUsage } from 'leat/compute';
import { sizeOf } from '../batch/job-spec.ts';
import type { KindPrices, PriceTable } from './prices.ts';

const mbPerGb = 1024;

const secondsAnHour = 3600;

/**
 * Sums up what steps have used.
 *
 * @example estimate([{ step: 'train', seconds: 3600, … }], ownPrices()).vcpuHours
 */
export function estimate(usage: readonly StepUsage[], prices: PriceTable): CostEstimate {
  const rows = usage.map((step) => rowOf(step, prices));
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const kinds = [...new Set(rows.flatMap(({ kind }) => kind?.name ?? []))];
  const unpriced = rows.some(({ amount }) => amount === undefined);
  return {
    vcpuHours: sum(({ vcpuHours }) => vcpuHours),
    gbHours: sum(({ gbHours }) => gbHours),
    gpuHours: sum(({ gpuHours }) => gpuHours),
    ...(unpriced ? {} : { amount: sum(({ amount = 0 }) => amount) }),
    currency: prices.currency,
    asOf: prices.asOf,
    basis: `${kinds.join(', ')} in ${prices.region}`,
    notIncluded: prices.notIncluded,
  };
}

interface Row {
  readonly vcpuHours: number;
  readonly gbHours: number;
  readonly gpuHours: number;
  readonly kind: KindPrices | undefined;
  /** `undefined`: there is no price for it. */
  readonly amount: number | undefined;
}

function rowOf({ resources, options, seconds, wholeMinuteSeconds }: StepUsage, prices: PriceTable): Row {
  const { queue } = options;
  const kind = kindOf(typeof queue === 'string' ? queue : '', prices);
  const hours = seconds / secondsAnHour;
  const billed = (kind?.wholeMinute === true ? wholeMinuteSeconds : seconds) / secondsAnHour;
  // As the layer gives it, to those as well that ask for nothing.
  const { cpu, memory } = sizeOf({ resources, platform: kind?.sizes === 'fargate' ? 'fargate' : 'ec2' });
  const gb = memory / mbPerGb;
  const gpu = resources.gpu.value;
  return {
    vcpuHours: hours * cpu,
    gbHours: hours * gb,
    gpuHours: hours * gpu,
    kind,
    amount: amountOf(kind, billed, { cpu, gb, gpu }),
  };
}

function amountOf(
  kind: KindPrices | undefined,
  hours: number,
  { cpu, gb, gpu }: { readonly cpu: number; readonly gb: number; readonly gpu: number },
): number | undefined {
  if (kind === undefined || (gpu > 0 && kind.gpuHour === undefined)) return undefined;
  return hours * (cpu * kind.vcpuHour + gb * kind.gbHour + gpu * (kind.gpuHour ?? 0));
}

function kindOf(queue: string, { queues, kinds }: PriceTable): KindPrices | undefined {
  // An ARN ends in the name.
  const name = queue.split('/').at(-1) ?? queue;
  const found = queues.find((rule) => matches(name, rule.name));
  return found === undefined ? undefined : kinds[found.kind];
}

/** `*` stands for any text; without a regular expression, since the pattern is somebody's. */
function matches(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
