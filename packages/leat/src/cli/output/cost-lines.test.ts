import { expect, it } from 'vitest';
import { costLines } from './cost-lines.ts';

const cost = {
  layer: 'batch',
  vcpuHours: 12.345,
  gbHours: 49.38,
  gpuHours: 0,
  amount: 0.592,
  currency: 'USD',
  asOf: '2026-11-23',
  basis: 'EC2 Spot in us-east-1',
  notIncluded: 'storage and traffic',
};
const { amount: _none, ...unpriced } = cost;

it.each([
  [
    cost,
    'batch: 12.3 vCPU-hours, 49.4 GB-hours, by estimate $0.59 (EC2 Spot in us-east-1, prices of 2026-11-23; not included: storage and traffic)',
  ],
  [
    { ...cost, vcpuHours: 0.0123, gbHours: 0.5, gpuHours: 1234.5, amount: 0.0004, currency: 'EUR' },
    'batch: 0.012 vCPU-hours, 0.50 GB-hours, 1235 GPU-hours, by estimate less than EUR 0.01 (EC2 Spot in us-east-1, prices of 2026-11-23; not included: storage and traffic)',
  ],
  [
    unpriced,
    'batch: 12.3 vCPU-hours, 49.4 GB-hours; there is no price for all of it in the table of 2026-11-23',
  ],
])('%#', (given, line) => {
  expect(costLines([given])).toEqual([line]);
});
