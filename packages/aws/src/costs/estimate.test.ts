import type { StepUsage } from 'leat/compute';
import { describe, expect, it } from 'vitest';
import { estimate } from './estimate.ts';
import { ownPrices, parsePrices } from './prices.ts';

const resource = (value: number): StepUsage['resources']['cpu'] => ({ value, origin: 'default' });
const used = (
  queue: string,
  {
    cpu = 1,
    memory = 0,
    gpu = 0,
    seconds = 3600,
    jobs = 1,
  }: Partial<Record<'cpu' | 'memory' | 'gpu' | 'seconds' | 'jobs', number>> = {},
): StepUsage => ({
  step: 'train',
  resources: { cpu: resource(cpu), memory: resource(memory), gpu: resource(gpu), disk: resource(0) },
  options: { queue },
  jobs,
  seconds,
  wholeMinuteSeconds: Math.max(seconds, 60 * jobs),
});

const prices = ownPrices();

describe('estimate', () => {
  it.each([
    ['fargate', used('leat-fargate', { cpu: 1, memory: 2048, seconds: 60 }), 0.00082],
    ['fargate by the whole minute', used('leat-fargate', { cpu: 1, memory: 2048, seconds: 5 }), 0.00082],
    ['fargate spot', used('leat-fargate-spot', { cpu: 1, memory: 2048, seconds: 60 }), 0.00025],
    [
      'fargate, of the pair that it has',
      used('leat-fargate', { cpu: 0.5, memory: 3000, seconds: 3600 }),
      0.03358,
    ],
    ['fargate, where nothing was asked for', used('leat-fargate'), 0.05826],
    ['whole cores on EC2', used('jobs', { cpu: 0.25, memory: 4096 }), 0.048],
    ['an hour of what m5.large has', used('leat-ec2', { cpu: 2, memory: 8192 }), 0.096],
    ['an hour of what c6i.4xlarge has', used('jobs', { cpu: 16, memory: 32_768 }), 0.68],
    ['spot, by ARN', used('arn:aws:batch:eu-north-1:1:job-queue/ml-spot', { cpu: 2, memory: 8192 }), 0.0337],
    ['an hour of what g5.xlarge has', used('leat-gpu', { cpu: 4, memory: 16_384, gpu: 1 }), 1.002],
  ])('%s', (_, step, amount) => {
    expect(estimate([step], prices).amount).toBeCloseTo(amount, 4);
  });

  it('counts what was asked for, and what the layer gives where nothing was', () => {
    const { vcpuHours, gbHours, gpuHours } = estimate(
      [used('q'), used('q', { cpu: 8, memory: 10_240, gpu: 2, seconds: 900 })],
      prices,
    );
    expect([vcpuHours, gbHours, gpuHours]).toEqual([1 + 2, 4 + 2.5, 0.5]);
  });

  it('names what it rests on', () => {
    const all = estimate([used('a-spot'), used('b'), used('c')], prices);
    expect(all).toMatchObject({
      currency: 'USD',
      asOf: '2026-11-23',
      basis: 'EC2 Spot, EC2 on-demand in us-east-1',
    });
    expect(all.notIncluded).toMatch(/storage/);
  });

  it('names no amount where there is no price', () => {
    expect(estimate([used('fargate', { gpu: 1 })], prices)).not.toHaveProperty('amount');
    expect(estimate([used('q')], { ...prices, queues: [] })).not.toHaveProperty('amount');
    expect(estimate([used('q')], { ...prices, queues: [] }).vcpuHours).toBe(1);
  });

  it('matches queues as they are written', () => {
    const only = (name: string): string =>
      estimate([used('leat-gpu-2')], { ...prices, queues: [{ name, kind: 'spot' }] }).basis;
    for (const name of ['leat-gpu-2', 'leat*', '*-2', '*gpu*', 'leat*2', '*', '**'])
      expect(only(name)).toMatch(/^EC2 Spot/);
    for (const name of ['leat', '*gpu', 'gpu*', 'leat-gpu-2*2', '.*']) expect(only(name)).toMatch(/^ in/);
  });
});

describe('parsePrices', () => {
  it.each([
    [[], /JSON object/],
    [{ ...prices, asOf: 7 }, /'asOf' must be a text/],
    [{ ...prices, kinds: { ec2: { name: 'x', vcpuHour: -1, gbHour: 0 } } }, /at least 0/],
    [{ ...prices, queues: [{ name: '*', kind: 'mainframe' }] }, /one of the kinds/],
  ])('refuses %#', (table, message) => {
    expect(() => parsePrices(table, 'mine.json')).toThrow(message);
  });
});
