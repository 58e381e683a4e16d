import { describe, expect, test } from 'vitest';
import type { EventFailure, RunEvent, RunLimits } from '../../metadata/events.ts';
import type { Command } from '../commands.ts';
import { createState } from '../state/create-state.ts';
import { countPlaces, eachPlace } from '../state/place-ranges.ts';
import { flowOf, type FlowShape, noRetry } from '../fixtures/flow-of.fixture.ts';
import { manifestOfAttempt } from '../fixtures/manifest-of-attempt.fixture.ts';
import type { Block } from '../fixtures/random-blocks.fixture.ts';
import type { SchedulerState } from '../state/state.ts';
import { summary } from '../summary.ts';
import { isTimely } from './timely.ts';
import { transition } from '../transition.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const fan = (...body: readonly Block[]) => ({ kind: 'foreach', name: 'fan', body, join: 'join' }) as const;
const lost: EventFailure = { reason: 'lost', type: 'lost', message: 'gone' };

type SubmitChunk = Extract<Command, { type: 'submit-chunk' }>;

/** A run whose `fan` has opened. Answers of commands are told one by one. */
class Run {
  readonly state: SchedulerState;
  commands: readonly Command[] = [];
  at = 1000;

  constructor(shape: Partial<FlowShape>, count: number, limits: Partial<RunLimits> = { maxWorkers: 2 }) {
    this.state = createState({ run: '1', plan: flowOf({ blocks: [fan(step('work'))], ...shape }).plan });
    const all = { windows: {}, failFast: false, ...limits };
    this.tell({ type: 'engine-started', at: this.at, epoch: 1, host: 'h', pid: 1, limits: all });
    this.succeed('start');
    this.tell({
      type: 'attempt-succeeded',
      at: this.at,
      task: 'fan',
      attempt: 0,
      manifest: manifestOfAttempt(this.state.plan, '1', 'fan', 0),
      outcome: { kind: 'foreach', items: { count, index: 'i' } },
      startedAt: this.at,
    });
  }

  tell(event: RunEvent): readonly string[] {
    this.commands = transition(this.state, event);
    return this.shown;
  }

  get shown(): readonly string[] {
    return this.commands.map((command) => {
      if (command.type === 'submit') return `${command.task}@${command.attempt}`;
      if (command.type !== 'submit-chunk') return command.type;
      return `${command.group.step}[${[...eachPlace(command.places)].join(' ')}]@${command.attempt}`;
    });
  }

  succeed(task: string, ms = 0): readonly string[] {
    const startedAt = this.at;
    this.at += ms;
    const manifest = manifestOfAttempt(this.state.plan, '1', task, 0);
    const outcome = { kind: 'linear' } as const;
    return this.tell({
      type: 'attempt-succeeded',
      at: this.at,
      task,
      attempt: 0,
      manifest,
      outcome,
      startedAt,
    });
  }

  submitted({ number, ...command }: SubmitChunk): string {
    const token = `t${number}`;
    this.tell({ ...command, type: 'chunk-submitted', at: this.at, token, pack: `packs/${token}` });
    return token;
  }

  finished(token: string, places: readonly number[], ms: number): RunEvent {
    const startedAt = places.map(() => this.at);
    this.at += places.length * ms;
    const endedAt = places.map(() => this.at);
    const offsets = places.map((_, at) => at * 300);
    const columns = { places, offsets, lengths: places.map(() => 290), startedAt, endedAt };
    return { type: 'chunk-succeeded', at: this.at, token, outcome: { kind: 'linear' }, ...columns };
  }

  ended(token: string, returned: readonly number[] = []): readonly string[] {
    return this.tell({ type: 'chunk-ended', at: this.at, token, returned });
  }

  /** Everything that is commanded succeeds, each task after `ms`; the sizes of jobs in their order. */
  runOut(ms: number): readonly number[] {
    const sizes: number[] = [];
    const open = [...this.commands];
    for (let command = open.shift(); command !== undefined; command = open.shift()) {
      if (command.type === 'submit') {
        if (!command.task.startsWith('work')) break;
        sizes.push(1);
        this.succeed(command.task, ms);
        open.push(...this.commands);
      } else if (command.type === 'submit-chunk') {
        sizes.push(countPlaces(command.places));
        const token = this.submitted(command);
        this.tell(this.finished(token, [...eachPlace(command.places)], ms));
        open.push(...this.commands);
        this.ended(token);
        open.push(...this.commands);
      }
    }
    return sizes;
  }
}

const reuse = { steps: { work: { isolation: 'reuse' } } } as const;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

test('members of a chunk that could not be started wait together, pay one try of the platform each, and go as one job again', () => {
  const run = new Run({ steps: { work: { isolation: 'reuse', chunk: 4 } } }, 4, { maxWorkers: 1 });
  const token = run.submitted(run.commands[0] as SubmitChunk);
  const failure: EventFailure = { reason: 'start-failed', type: 'start-failed', message: 'no machine' };
  const wakes = [0, 1, 2, 3].map((place) =>
    run.tell({ type: 'attempt-failed', at: run.at, task: `work[${place}]`, attempt: 0, failure }),
  );
  expect(wakes).toEqual([['wake'], [], [], []]);
  expect(run.ended(token)).toEqual([]);
  const due: RunEvent = { type: 'retry-due', at: run.at, task: 'work[0]', attempt: 1 };
  expect(run.tell(due)).toEqual(['work[0 1 2 3]@1']);
  expect(isTimely(run.state, { ...due, task: 'work[1]' })).toBe(false);
  expect([...run.state.active.values()].map(({ platformFailures }) => platformFailures)).toEqual([
    1, 1, 1, 1,
  ]);
});

describe('the size of a chunk', () => {
  test('is what the step says, in the order of the items', () => {
    const run = new Run({ steps: { work: { isolation: 'reuse', chunk: 3 } } }, 7);
    expect(run.shown).toEqual(['work[0 1 2]@0', 'work[3 4 5]@0']);
    const [first] = run.commands as SubmitChunk[];
    expect(first).toMatchObject({
      group: { step: 'work', path: [], iteration: 0 },
      places: [0, 3],
      number: 1,
    });
    const token = run.submitted(first!);
    expect(run.tell(run.finished(token, [0, 1, 2], 1))).toEqual([]);
    // The process still has its place.
    expect(run.ended(token)).toEqual(['work[6]@0']);
  });

  test('grows from one to about two seconds of work', () => {
    const sizes = new Run(reuse, 20_000).runOut(10);
    expect(sum(sizes)).toBe(20_000);
    expect(sizes.slice(0, 2)).toEqual([1, 1]);
    expect(Math.max(...sizes)).toBe(200);
    expect(sizes.length).toBeLessThan(115);
  });

  test('of tasks that take no time has a bound, and its end is shared out', () => {
    const sizes = new Run(reuse, 30_000).runOut(0);
    expect(sum(sizes)).toBe(30_000);
    expect(Math.max(...sizes)).toBe(4000);
    // What is less than a quarter of a second is one share.
    for (let at = 0, left = 30_000; at < sizes.length; left -= sizes[at]!, at += 1)
      expect(sizes[at]!).toBeLessThanOrEqual(Math.max(500, Math.ceil(left / 2)));
    expect(sizes.length).toBeLessThan(25);
  });

  test('stays one for tasks that deserve a process', () => {
    expect(new Run(reuse, 50).runOut(5000)).toEqual(Array.from({ length: 50 }, () => 1));
  });
});

describe('members of a chunk', () => {
  const four = {
    steps: { work: { isolation: 'reuse', chunk: 4, retry: { ...noRetry, times: 1 } } },
  } as const;

  test('that were not begun come back under their number, and the one that was pays', () => {
    const run = new Run(four, 4);
    const token = run.submitted(run.commands[0] as SubmitChunk);
    run.tell(run.finished(token, [0], 5));
    expect(
      run.tell({ type: 'attempt-failed', at: run.at, task: 'work[1]', attempt: 0, failure: lost }),
    ).toEqual(['wake']);
    expect(run.ended(token, [2, 3])).toEqual(['work[2 3]@0']);
    expect(run.state.active.get('work[1]')).toMatchObject({ attempt: 1, platformFailures: 1 });
    expect(run.state.active.get('work[2]')).toMatchObject({ attempt: 0, platformFailures: 0 });
    const again = run.submitted(run.commands[0] as SubmitChunk);
    expect(again).not.toBe(token);
    run.tell({ type: 'retry-due', at: run.at, task: 'work[1]', attempt: 1 });
    // Nothing goes with it: it has another number.
    expect(run.shown).toEqual(['work[1]@1']);
  });

  test('count as waiting but for one, while their process works', () => {
    const run = new Run(four, 4);
    const token = run.submitted(run.commands[0] as SubmitChunk);
    const counts = () => summary(run.state).steps.find(({ step: name }) => name === 'work');
    expect(counts()).toMatchObject({ waiting: 0, queued: 4, running: 0 });
    run.tell({ type: 'chunk-started', at: run.at, token });
    expect(counts()).toMatchObject({ waiting: 0, queued: 3, running: 1 });
    run.tell(run.finished(token, [0, 1], 5));
    expect(counts()).toMatchObject({ queued: 1, running: 1, succeeded: 2 });
    run.tell(run.finished(token, [2, 3], 5));
    expect(counts()).toMatchObject({ queued: 0, running: 0, succeeded: 4 });
    expect(summary(run.state).inFlight).toBe(2);
    run.ended(token);
    expect(summary(run.state).inFlight).toBe(1);
  });

  test('are told of once: what comes twice, or after the end, changes nothing', () => {
    const run = new Run(four, 8);
    const [first] = run.commands as SubmitChunk[];
    const token = run.submitted(first!);
    const half = run.finished(token, [0, 1], 5);
    run.tell(half);
    expect(isTimely(run.state, half)).toBe(false);
    run.tell(run.finished(token, [2, 3], 5));
    run.ended(token);
    const before = structuredClone(summary(run.state));
    for (const event of [
      half,
      { type: 'chunk-started', at: run.at, token },
      { type: 'chunk-accepted', at: run.at, token, job: 'j' },
      { type: 'chunk-ended', at: run.at, token, returned: [0, 1] },
    ] as const) {
      expect(isTimely(run.state, event)).toBe(false);
      expect(run.tell(event)).toEqual([]);
    }
    expect(summary(run.state)).toEqual(before);
  });

  test('that are all given back would be for ever, and one that is forgotten, too', () => {
    const run = new Run(four, 4);
    const token = run.submitted(run.commands[0] as SubmitChunk);
    expect(() => run.ended(token, [0, 1, 2, 3])).toThrow(/gave all its members back/);
    expect(() => run.ended(token, [3])).toThrow(/nothing says what became of it/);
  });

  test('are grouped by step where several steps follow', () => {
    const blocks = [
      fan(step('work'), { kind: 'branch', name: 'two', arms: [[step('a')], [step('b')]], join: 'one' }),
    ];
    const shared = { isolation: 'reuse', chunk: 10 } as const;
    const run = new Run({ blocks, steps: { work: shared, two: shared, a: shared, b: shared } }, 3);
    const work = run.submitted(run.commands[0] as SubmitChunk);
    expect(run.tell(run.finished(work, [0, 1, 2], 5))).toEqual(['two[0 1 2]@0']);
    const two = run.submitted(run.commands[0] as SubmitChunk);
    const branched = { ...run.finished(two, [0, 1, 2], 5), outcome: { kind: 'branch' } } as RunEvent;
    expect([...run.ended(work), ...run.tell(branched), ...run.ended(two)]).toEqual([
      'a[0 1 2]@0',
      'b[0 1 2]@0',
    ]);
  });
});

test('a step with few places holds up no other', () => {
  const blocks = [fan(step('work'), step('after'))];
  const run = new Run({ blocks, steps: { work: { concurrency: 1 }, after: { concurrency: 2 } } }, 4, {
    maxWorkers: 3,
  });
  expect(run.shown).toEqual(['work[0]@0']);
  expect(run.succeed('work[0]')).toEqual(['after[0]@0', 'work[1]@0']);
  expect(run.succeed('work[1]')).toEqual(['after[1]@0', 'work[2]@0']);
  // There is no place for `after[2]`, and one for an item.
  expect(run.succeed('work[2]')).toEqual(['work[3]@0']);
  expect(run.succeed('after[0]')).toEqual(['after[2]@0']);
});

test('results in packs cost tens of bytes each, and joins refer to them', () => {
  const run = new Run({ steps: { work: { isolation: 'reuse', chunk: 10_000 } } }, 200_000, { maxWorkers: 1 });
  run.runOut(1);
  expect(summary(run.state).steps.find(({ step: name }) => name === 'work')?.succeeded).toBe(200_000);
  const { entries, packed } = run.state.finished;
  expect(entries.length).toBeLessThan(5);
  expect(packed.packs).toHaveLength(20);
  expect(packed.rows.byteLength).toBeLessThan(200_000 * 32);
  expect([...run.state.active.keys()]).toEqual(['join']);
});
