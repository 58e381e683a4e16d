import { describe, expect, test } from 'vitest';
import type { AttemptState, EventOutcome, RunEvent, RunLimits } from '../metadata/events.ts';
import type { Command } from './commands.ts';
import { createState } from './state/create-state.ts';
import { flowOf, type FlowShape, noRetry } from './fixtures/flow-of.fixture.ts';
import { manifestOfAttempt } from './fixtures/manifest-of-attempt.fixture.ts';
import type { Block } from './fixtures/random-blocks.fixture.ts';
import type { SchedulerState } from './state/state.ts';
import { sourcesIn } from './fixtures/sources.fixture.ts';
import { summary } from './summary.ts';
import { taskPiecesOf } from './specs/task-spec-of.ts';
import { transition } from './transition.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const foreach = (name: string, ...body: readonly Block[]) =>
  ({ kind: 'foreach', name, body, join: `${name}Join` }) as const;
const items = (count: number): EventOutcome => ({
  kind: 'foreach',
  items: count === 0 ? { count } : { count, index: 'i' },
});
const error = { reason: 'error', type: 'Error', message: 'no' };

/** A run that is told what happens, and shows what is commanded. */
class Run {
  readonly state: SchedulerState;
  /** What the start commanded. */
  readonly first: readonly string[];
  at = 1000;

  constructor(shape: FlowShape, limits: Partial<RunLimits> = {}) {
    this.state = createState({ run: '1', plan: flowOf(shape).plan });
    this.first = this.tell({
      type: 'engine-started',
      at: this.at,
      epoch: 1,
      host: 'h',
      pid: 1,
      limits: { windows: {}, failFast: false, ...limits },
    });
  }

  tell(event: RunEvent): readonly string[] {
    return transition(this.state, event).map(show);
  }

  succeed(task: string, outcome: EventOutcome = { kind: 'linear' }, attempt = 0): readonly string[] {
    this.at += 10;
    const manifest = manifestOfAttempt(this.state.plan, '1', task, attempt);
    return this.tell({
      type: 'attempt-succeeded',
      at: this.at,
      task,
      attempt,
      manifest,
      outcome,
      startedAt: this.at,
    });
  }

  fail(task: string, attempt = 0, failure = error): readonly string[] {
    this.at += 10;
    return this.tell({ type: 'attempt-failed', at: this.at, task, attempt, failure });
  }
}

function show(command: Command): string {
  switch (command.type) {
    case 'submit':
      return `${command.task}@${command.attempt}`;
    case 'wake':
      return `wake ${command.task}@${command.attempt} at ${command.at}`;
    case 'cancel':
      return command.force ? 'cancel by force' : 'cancel';
    case 'end':
      return `end ${command.status}`;
    case 'submit-chunk': {
      const { group, places, attempt, number } = command;
      return `#${number} ${group.step}[${[...group.path, places].join(',')}]@${attempt}`;
    }
    case 'reuse-items':
      return `reuse ${command.group.step}[${[...command.group.path, command.from].join(',')}..${command.to}]`;
    default:
      return `${command.type} ${command.task}`;
  }
}

describe('order', () => {
  test('items start in their order, as many as there are workers', () => {
    const run = new Run({ blocks: [foreach('fan', step('work'))] }, { maxWorkers: 2 });
    expect(run.first).toStrictEqual(['start@0']);
    run.succeed('start');
    expect(run.succeed('fan', items(4))).toStrictEqual(['work[0]@0', 'work[1]@0']);
    expect(run.succeed('work[1]')).toStrictEqual(['work[2]@0']);
    run.succeed('work[0]');
    run.succeed('work[2]');
    expect(run.succeed('work[3]')).toStrictEqual(['fanJoin@0']);
  });

  test('what is started is finished before more is started', () => {
    const run = new Run(
      { blocks: [foreach('outer', foreach('inner', step('work')), step('last'))] },
      { maxWorkers: 1 },
    );
    run.succeed('start');
    expect(run.succeed('outer', items(2))).toStrictEqual(['inner[0]@0']);
    expect(run.succeed('inner[0]', items(2))).toStrictEqual(['work[0,0]@0']);
    expect(run.succeed('work[0,0]')).toStrictEqual(['work[0,1]@0']);
    expect(run.succeed('work[0,1]')).toStrictEqual(['innerJoin[0]@0']);
    expect(run.succeed('innerJoin[0]')).toStrictEqual(['last[0]@0']);
    expect(run.succeed('last[0]')).toStrictEqual(['inner[1]@0']);
  });

  test('a full layer does not hold up another', () => {
    const blocks = [
      {
        kind: 'branch',
        name: 'split',
        arms: [[foreach('fan', step('far'))], [foreach('near', step('here'))]],
        join: 'join',
      } as const,
    ];
    const run = new Run(
      { blocks, steps: { far: { layer: 'batch' } } },
      { windows: { batch: 1, simulated: 3 } },
    );
    run.succeed('start');
    expect(run.succeed('split', { kind: 'branch' })).toStrictEqual(['fan@0', 'near@0']);
    expect(run.succeed('fan', items(3))).toStrictEqual(['far[0]@0']);
    expect(run.succeed('near', items(5))).toStrictEqual(['here[0]@0', 'here[1]@0', 'here[2]@0']);
    expect(run.succeed('here[1]')).toStrictEqual(['here[3]@0']);
    expect(run.succeed('far[0]')).toStrictEqual(['far[1]@0']);
  });

  test('a million items wait as one range', () => {
    const run = new Run({ blocks: [foreach('fan', step('work'))] }, { maxWorkers: 3 });
    run.succeed('start');
    run.succeed('fan', items(1_000_000));
    expect(run.state.active.size).toBe(3);
    expect(summary(run.state).steps.find(({ step: name }) => name === 'work')).toMatchObject({
      waiting: 999_997,
      queued: 3,
      running: 0,
    });
    expect(JSON.stringify([...run.state.active.values()][0]!.frame).length).toBeLessThan(1000);
  });
});

describe('counts', () => {
  const counts = ({ state }: Run) => summary(state).steps.find(({ step: name }) => name === 'work');
  const seen = (run: Run, task: string, state: AttemptState, attempt = 0): void => {
    run.tell({ type: 'attempt-state', at: run.at, task, attempt, state });
  };

  test('an attempt runs when its layer says so, and is queued until then', () => {
    const run = new Run({
      blocks: [foreach('fan', step('work'))],
      steps: { work: { retry: { ...noRetry, times: 1 } } },
    });
    run.succeed('start');
    run.succeed('fan', items(3));
    expect(counts(run)).toMatchObject({ queued: 3, running: 0 });
    seen(run, 'work[0]', 'starting');
    seen(run, 'work[1]', 'running');
    seen(run, 'work[1]', 'running');
    expect(counts(run)).toMatchObject({ queued: 2, running: 1 });
    seen(run, 'work[0]', 'running');
    run.fail('work[1]');
    expect(counts(run)).toMatchObject({ queued: 2, running: 1 }); // its next attempt is on its way
    seen(run, 'work[1]', 'running', 1);
    run.succeed('work[0]');
    run.succeed('work[2]'); // too short to be seen
    expect(counts(run)).toMatchObject({ queued: 0, running: 1, succeeded: 2 });
    run.fail('work[1]', 1);
    expect(counts(run)).toMatchObject({ queued: 0, running: 0, failed: 1 });
  });
});

describe('joins', () => {
  test('a foreach of nothing goes straight to its join, with no inputs', () => {
    const run = new Run({ blocks: [foreach('fan', step('work'))] });
    run.succeed('start');
    expect(run.succeed('fan', items(0))).toStrictEqual(['fanJoin@0']);
    expect(sourcesIn(taskPiecesOf(run.state, 'fanJoin'))).toStrictEqual([]);
  });

  test('inputs come in the order of the split, with the attempt that decided each', () => {
    const run = new Run({
      blocks: [foreach('fan', step('work'))],
      steps: { work: { retry: { ...noRetry, times: 1 } } },
    });
    run.succeed('start');
    run.succeed('fan', items(3));
    run.succeed('work[2]');
    expect(run.fail('work[1]')).toStrictEqual(['work[1]@1']);
    run.succeed('work[0]');
    expect(run.succeed('work[1]', { kind: 'linear' }, 1)).toStrictEqual(['fanJoin@0']);
    expect(sourcesIn(taskPiecesOf(run.state, 'fanJoin')).map(({ manifest }) => manifest)).toStrictEqual([
      'runs/RandomFlow/1/work/0@0.json',
      'runs/RandomFlow/1/work/1@1.json',
      'runs/RandomFlow/1/work/2@0.json',
    ]);
  });
});

describe('loops', () => {
  test('count the times round, and leave with 0', () => {
    const run = new Run({ blocks: [{ kind: 'loop', name: 'again', body: [step('work')] }, step('after')] });
    expect(run.succeed('start')).toStrictEqual(['work@0']);
    expect(run.succeed('work')).toStrictEqual(['again@0']);
    expect(run.succeed('again', { kind: 'switch', choice: 'again' })).toStrictEqual(['work~1@0']);
    expect(run.succeed('work~1')).toStrictEqual(['again~1@0']);
    expect(run.succeed('again~1', { kind: 'switch', choice: 'done' })).toStrictEqual(['after@0']);
  });
});

describe('retries', () => {
  const shape = {
    blocks: [],
    steps: { start: { retry: { times: 1, waitSeconds: 60, backoff: 'constant', maxWaitSeconds: 600 } } },
  } as const;

  test('wait without holding a worker, and start when it is time', () => {
    const run = new Run(shape, { maxWorkers: 1 });
    expect(run.fail('start')).toStrictEqual(['wake start@1 at 61010']);
    expect(run.state.inFlight).toBe(0);
    expect(run.tell({ type: 'retry-due', at: 61_010, task: 'start', attempt: 1 })).toStrictEqual(['start@1']);
    expect(run.fail('start', 1)).toStrictEqual(['end failed']);
  });

  test('a late report of an older attempt changes nothing', () => {
    const run = new Run(shape);
    run.fail('start');
    expect(run.succeed('start')).toStrictEqual([]);
    run.tell({ type: 'retry-due', at: 61_010, task: 'start', attempt: 1 });
    expect(run.succeed('start')).toStrictEqual([]);
    expect(run.succeed('start', { kind: 'linear' }, 1)).toStrictEqual(['end@0']);
    expect(run.fail('start', 1)).toStrictEqual([]);
  });

  test('are given up when the run is cancelled', () => {
    const run = new Run(shape);
    run.fail('start');
    expect(run.tell({ type: 'cancel-requested', at: 2000, by: 'SIGINT', force: false })).toStrictEqual([
      'end cancelled',
    ]);
  });
});

describe('@catchError', () => {
  test('lets a split go on with nothing, and a switch with its case', () => {
    const caught = { catchError: { var: 'failed' } };
    const blocks = [
      foreach('fan', step('work')),
      { kind: 'switch', name: 'choose', arms: [[step('a')], [step('b')]] } as const,
    ];
    const run = new Run({
      blocks,
      steps: { fan: caught, choose: { catchError: { var: 'failed', case: 'case1' } } },
    });
    const outcomes: EventOutcome[] = [];
    const stand = (task: string): readonly string[] => {
      const [command] = transition(run.state, {
        type: 'attempt-failed',
        at: run.at,
        task,
        attempt: 0,
        failure: error,
      });
      if (command?.type !== 'catch') throw new Error(command?.type);
      outcomes.push(command.outcome);
      const manifest = manifestOfAttempt(run.state.plan, '1', task, 1);
      return run.tell({
        type: 'task-caught',
        at: run.at,
        task,
        attempt: 0,
        manifest,
        outcome: command.outcome,
        failure: error,
      });
    };
    run.succeed('start');
    expect(stand('fan')).toStrictEqual(['fanJoin@0']);
    run.succeed('fanJoin');
    expect(stand('choose')).toStrictEqual(['b@0']);
    expect(outcomes).toStrictEqual([items(0), { kind: 'switch', choice: 'case1' }]);
  });

  test('does not stand in for what was cancelled', () => {
    const run = new Run({ blocks: [], steps: { start: { catchError: { var: 'failed' } } } });
    expect(run.fail('start', 0, { ...error, reason: 'cancelled' })).toStrictEqual(['end failed']);
  });
});

test('what cannot have happened is a defect that tells the story of the task', () => {
  const run = new Run({ blocks: [] });
  run.tell({ type: 'attempt-submitted', at: 1, task: 'start', attempt: 0, layer: 'simulated', token: 't' });
  expect(() => run.succeed('start', { kind: 'linear' }, 1)).toThrow(
    expect.objectContaining({
      code: 'INTERNAL',
      hint: expect.stringContaining('attempt-submitted') as string,
    }) as Error,
  );
  expect(() => new Run({ blocks: [] }).succeed('start', { kind: 'branch' })).toThrow(
    expect.objectContaining({ code: 'INTERNAL' }) as Error,
  );
});

test('events of tasks that nobody knows change nothing', () => {
  const run = new Run({ blocks: [] });
  const before = structuredClone(summary(run.state));
  expect(run.succeed('nowhere[3]')).toStrictEqual([]);
  expect(run.fail('end')).toStrictEqual([]);
  expect(summary(run.state)).toStrictEqual(before);
});
