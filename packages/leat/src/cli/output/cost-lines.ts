/** What a run has cost, as people read it: an estimate that says what it rests on. Pure. */
import type { LayerCost } from '../../run/index.ts';

/** One line for each layer whose platform sends a bill. */
export const costLines = (costs: readonly LayerCost[]): readonly string[] => costs.map(costLine);

function costLine({
  layer,
  vcpuHours,
  gbHours,
  gpuHours,
  amount,
  currency,
  asOf,
  basis,
  notIncluded,
}: LayerCost): string {
  const used = [
    `${hours(vcpuHours)} vCPU-hours`,
    `${hours(gbHours)} GB-hours`,
    ...(gpuHours === 0 ? [] : [`${hours(gpuHours)} GPU-hours`]),
  ].join(', ');
  if (amount === undefined)
    return `${layer}: ${used}; there is no price for all of it in the table of ${asOf}`;
  return `${layer}: ${used}, by estimate ${money(amount, currency)} (${basis}, prices of ${asOf}; not included: ${notIncluded})`;
}

/** Three digits that count. */
const hours = (value: number): string =>
  value >= 100
    ? String(Math.round(value))
    : value >= 10
      ? value.toFixed(1)
      : value >= 0.1
        ? value.toFixed(2)
        : value.toFixed(3);

function money(amount: number, currency: string): string {
  const sign = currency === 'USD' ? '$' : `${currency} `;
  return amount > 0 && amount < 0.01 ? `less than ${sign}0.01` : `${sign}${amount.toFixed(2)}`;
}
