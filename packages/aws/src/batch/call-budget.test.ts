import { expect, test } from 'vitest';
import { CallBudget } from './call-budget.ts';
import { VirtualTiming } from './simulated-batch.fixture.ts';

async function takeMany(budget: CallBudget, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => budget.take()));
}

test('no second has 50 calls, not even the first after a quiet while, however many ask at once', async () => {
  const timing = new VirtualTiming();
  const budget = new CallBudget(timing);
  await timing.wait(60_000);
  const sentAt: number[] = [];
  const ask = async (): Promise<void> => {
    await budget.take();
    sentAt.push(timing.now());
  };
  await Promise.all(Array.from({ length: 440 }, ask));
  const most = Math.max(
    ...sentAt.map((from) => sentAt.filter((at) => at >= from && at < from + 1000).length),
  );
  expect(most).toBeLessThan(50);
  expect(timing.now() - 60_000).toBeLessThan(12_000);
});

test('refusals halve the rate down to one a second, and it comes back by itself', async () => {
  const timing = new VirtualTiming();
  const budget = new CallBudget(timing);
  for (let refusals = 0; refusals < 10; refusals += 1) {
    budget.slowDown();
    await timing.wait(1000);
  }
  expect(budget.rate).toBeLessThan(6);
  await timing.wait(60_000);
  expect(budget.rate).toBe(40);
});

test('refusals of calls that were sent together count once', () => {
  const budget = new CallBudget(new VirtualTiming());
  for (let refusals = 0; refusals < 30; refusals += 1) budget.slowDown();
  expect(budget.rate).toBe(20);
});

test('who waits and is called off leaves no gap behind', async () => {
  const timing = new VirtualTiming();
  const budget = new CallBudget(timing);
  await takeMany(budget, 40);
  const off = AbortSignal.abort(new Error('off'));
  await expect(budget.take(off)).rejects.toThrow('off');
  await budget.take();
});
