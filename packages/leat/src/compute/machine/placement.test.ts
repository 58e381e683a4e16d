import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResolvedResources } from '../../plan/plan.ts';
import {
  type Demand,
  demandOf,
  type Machine,
  overtakeLimit,
  overtakenBy,
  place,
  type Placed,
  type Waiting,
} from './placement.ts';

const machine: Machine = { cpu: 4, memory: 8000, gpus: ['0', '1'] };

const demand = (part: Partial<Demand>): Demand => ({ cpu: 1, memory: 0, gpu: 0, alone: false, ...part });
const waiting = (job: string, part: Partial<Demand> = {}, overtaken = 0): Waiting => ({
  job,
  demand: demand(part),
  overtaken,
});
const placed = (job: string, part: Partial<Demand> = {}, gpus: readonly string[] = []): Placed => ({
  job,
  demand: demand(part),
  gpus,
});
const names = (jobs: readonly Placed[]): readonly string[] => jobs.map(({ job }) => job);

const asked = (cpu: number, memory: number, gpu = 0): ResolvedResources => ({
  cpu: { value: cpu, origin: '@resources' },
  memory: { value: memory, origin: '@resources' },
  gpu: { value: gpu, origin: '@resources' },
  disk: { value: 0, origin: 'default' },
});

describe('demandOf', () => {
  it('does not reserve memory that nobody asked for', () => {
    const resources: ResolvedResources = { ...asked(1, 0), memory: { value: 4000, origin: 'default' } };
    expect(demandOf(resources, machine)).toEqual({ cpu: 1, memory: 0, gpu: 0, alone: false });
  });

  it.each([
    [asked(5, 0), true],
    [asked(4, 8000, 2), false],
    [asked(1, 8001), true],
    [asked(1, 100, 3), true],
  ])('runs what is larger than the machine alone: %j', (resources, alone) => {
    expect(demandOf(resources, machine).alone).toBe(alone);
  });
});

describe('place', () => {
  it('fills the cores in order of arrival', () => {
    expect(
      names(
        place(
          machine,
          [],
          ['a', 'b', 'c', 'd', 'e'].map((job) => waiting(job)),
        ),
      ),
    ).toEqual(['a', 'b', 'c', 'd']);
  });

  it('packs fractions of a core without losing one to rounding', () => {
    const tenths = Array.from({ length: 41 }, (_, index) => waiting(`${index}`, { cpu: 0.1 }));
    expect(place(machine, [], tenths)).toHaveLength(40);
  });

  it('lets small jobs go ahead of one that does not fit', () => {
    const running = [placed('x', { cpu: 3 })];
    expect(names(place(machine, running, [waiting('large', { cpu: 2 }), waiting('small')]))).toEqual([
      'small',
    ]);
  });

  it('keeps the machine free for a job that was overtaken too often', () => {
    const running = [placed('x', { cpu: 3 })];
    const large = waiting('large', { cpu: 2 }, overtakeLimit);
    expect(place(machine, running, [large, waiting('small')])).toEqual([]);
  });

  it('runs a job that is larger than the machine alone', () => {
    const giant = waiting('giant', { cpu: 64, alone: true });
    expect(names(place(machine, [], [giant, waiting('small')]))).toEqual(['giant']);
    expect(place(machine, [placed('x')], [giant])).toEqual([]);
    expect(
      place(machine, [placed('giant', { cpu: 64, alone: true })], [waiting('none', { cpu: 0 })]),
    ).toEqual([]);
  });

  it('gives each job devices of its own', () => {
    const started = place(
      machine,
      [placed('x', { gpu: 1 }, ['0'])],
      [waiting('a', { gpu: 1 }), waiting('b', { gpu: 1 })],
    );
    expect(started).toEqual([placed('a', { gpu: 1 }, ['1'])]);
  });
});

const demands = fc.record({
  cpu: fc.integer({ min: 1, max: 16 }).map((quarter) => quarter / 4),
  memory: fc.integer({ min: 0, max: 8000 }),
  gpu: fc.integer({ min: 0, max: 2 }),
  alone: fc.boolean(),
});

/** Runs jobs to their end, one finishing a round, and says after how many starts each one began. */
function simulate(jobs: readonly Demand[], visit: (running: readonly Placed[]) => void): readonly string[] {
  let queue: readonly Waiting[] = jobs.map((wanted, index) => ({
    job: `${index}`,
    demand: wanted,
    overtaken: 0,
  }));
  const running: Placed[] = [];
  const order: string[] = [];
  for (let round = 0; round <= jobs.length * 2 && (queue.length > 0 || running.length > 0); round += 1) {
    const started = place(machine, running, queue);
    const counts = overtakenBy(queue, started);
    order.push(...names(started));
    running.push(...started);
    visit(running);
    queue = queue
      .filter(({ job }) => !names(started).includes(job))
      .map((entry) => ({ ...entry, overtaken: entry.overtaken + (counts.get(entry.job) ?? 0) }));
    running.shift();
  }
  return order;
}

describe('over many jobs', () => {
  it('starts each job once and never takes more than there is', () => {
    fc.assert(
      fc.property(fc.array(demands, { maxLength: 60 }), (jobs) => {
        const order = simulate(jobs, (running) => {
          const shared = running.filter(({ demand: { alone } }) => !alone);
          expect(running.length === 1 || shared.length === running.length).toBe(true);
          expect(shared.reduce((sum, { demand: { cpu } }) => sum + cpu, 0)).toBeLessThanOrEqual(machine.cpu);
          expect(shared.reduce((sum, { demand: { memory } }) => sum + memory, 0)).toBeLessThanOrEqual(
            machine.memory,
          );
          const gpus = running.flatMap((job) => job.gpus);
          expect(new Set(gpus).size).toBe(gpus.length);
        });
        expect(order.toSorted((a, b) => Number(a) - Number(b))).toEqual(jobs.map((_, index) => `${index}`));
      }),
    );
  });

  it('lets no job be overtaken for ever', () => {
    fc.assert(
      fc.property(fc.array(demands, { minLength: 1, maxLength: 80 }), (jobs) => {
        const order = simulate(jobs, () => undefined);
        for (const [position, job] of order.entries()) {
          const ahead = order.slice(0, position).filter((other) => Number(other) > Number(job)).length;
          // One round may start a machine full of small jobs before the limit is looked at again.
          expect(ahead).toBeLessThanOrEqual(overtakeLimit + machine.cpu * 4);
        }
      }),
    );
  });
});
