import { describe, expect, it } from 'vitest';
import { Places } from './places.ts';

const machine = { cpu: 2, memory: 1000, gpus: ['0'] };
const demand = { cpu: 1, memory: 0, gpu: 0, alone: false };

function waiting(places: Places, over: Partial<typeof demand> = {}) {
  const started: string[] = [];
  const enter = (...jobs: readonly string[]): void =>
    places.enter(
      jobs.map((job) => ({ job, demand: { ...demand, ...over }, start: () => void started.push(job) })),
    );
  return { started, enter };
}

describe('the places of a machine', () => {
  it('are one budget for all who ask', () => {
    const places = new Places(machine);
    const one = waiting(places);
    const other = waiting(places);
    one.enter('a', 'b');
    other.enter('c');
    one.enter('d');
    expect([one.started, other.started]).toEqual([['a', 'b'], []]);
    expect(places.standing('d')).toEqual({ ahead: 1, overtaken: 0 });
    places.leave(['a']);
    expect(other.started).toEqual(['c']);
    places.leave(['d', 'b', 'c']);
    expect([one.started, places.running]).toEqual([['a', 'b'], []]);
  });

  it('give each device once', () => {
    const places = new Places(machine);
    const given: (readonly string[])[] = [];
    const enter = (job: string): void =>
      places.enter([{ job, demand: { ...demand, gpu: 1 }, start: (gpus) => void given.push(gpus) }]);
    enter('a');
    enter('b');
    expect(given).toEqual([['0']]);
    places.leave(['a']);
    expect(given).toEqual([['0'], ['0']]);
  });

  it('take one back that leaves while it is given another', () => {
    const places = new Places(machine);
    const started: string[] = [];
    const start = (job: string) => (): void => {
      started.push(job);
      // Its start fails at once.
      places.leave([job]);
    };
    places.enter(['a', 'b', 'c', 'd'].map((job) => ({ job, demand, start: start(job) })));
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tell whoever prepares for the next ones', () => {
    const places = new Places(machine);
    let told = 0;
    const stop = places.onSettled(() => void (told += 1));
    waiting(places).enter('a');
    places.leave(['a']);
    stop();
    places.leave([]);
    expect(told).toBe(2);
  });
});
