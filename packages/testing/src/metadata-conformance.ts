/**
 * What every metadata store must do, as cases that any test runner can run. A case gets a fresh, empty store and a way
 * to open a second connection to it: what another engine on the same metadata would have.
 */
import assert from 'node:assert/strict';
import {
  type EventFailure,
  type Lease,
  type MetadataStore,
  type NewRun,
  project,
  type RunEvent,
  type RunRecord,
  type TaskRecord,
} from 'leat/metadata';
import { randomEvents } from './random-events.ts';

/** What a case may use. Whoever runs it closes what was opened. */
export interface MetadataUnderTest {
  readonly store: MetadataStore;
  /** Opens the same metadata once more. */
  connect(): Promise<MetadataStore>;
}

/** One thing that a metadata store promises. */
export interface MetadataCase {
  readonly name: string;
  /** Rejects with an `AssertionError` when the store does not keep the promise. */
  run(subject: MetadataUnderTest): Promise<void>;
}

const minute = 60_000;

function newRun(over: Partial<NewRun> = {}): NewRun {
  return {
    flow: 'TrainFlow',
    namespace: 'user:ada',
    user: 'ada',
    tags: [],
    plan: { version: 1, steps: { start: { retry: 3 } } },
    parameters: { alpha: 0.1, names: ['Å', '世界'], none: null },
    parametersKey: 'runs/TrainFlow/parameters',
    package: 'abc',
    datastore: 'file:///store',
    createdAt: 1_000,
    ...over,
  };
}

async function create(
  store: MetadataStore,
  over: Partial<NewRun> = {},
): Promise<{ run: RunRecord; lease: Lease }> {
  return store.createRun(newRun(over), 'engine-1', minute);
}

async function rejectsWith(code: string, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.equal((error as { code?: unknown }).code, code, String(error));
    return true;
  });
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of source) all.push(value);
  return all;
}

const failure = (message: string): EventFailure => ({ reason: 'error', type: 'Error', message });

function submitted(task: string, attempt = 0, at = 1): RunEvent {
  return { type: 'attempt-submitted', at, task, attempt, layer: 'local', token: `${task}@${attempt}` };
}

function succeeded(task: string, attempt = 0, at = 9): RunEvent {
  const manifest = `runs/TrainFlow/1/${task}@${attempt}.json`;
  return {
    type: 'attempt-succeeded',
    at,
    task,
    attempt,
    manifest,
    outcome: { kind: 'linear' },
    startedAt: 5,
  };
}

function failed(task: string, at = 9, attempt = 0): RunEvent {
  return { type: 'attempt-failed', at, task, attempt, failure: failure(`${task} broke`) };
}

const runCases: readonly MetadataCase[] = [
  {
    name: 'counts the runs of each flow from 1 and gives back what was stored',
    run: async ({ store }) => {
      const given = newRun({
        tags: ['b', 'a'],
        originRun: '7',
        resumeFrom: 'train',
        command: 'leat run x.ts',
      });
      const first = await store.createRun(given, 'engine-1', minute);
      assert.equal(first.run.id, '1');
      assert.equal((await create(store)).run.id, '2');
      assert.equal((await create(store, { flow: 'Other' })).run.id, '1');
      const read = await store.run('TrainFlow', '1');
      assert.deepEqual(read, first.run);
      const { lease, ...rest } = read ?? assert.fail('the run is not there');
      assert.deepEqual(rest, { ...given, tags: ['a', 'b'], id: '1', status: 'running', lastSeq: 0 });
      assert.equal(lease?.owner, 'engine-1');
    },
  },
  {
    name: 'knows no run that does not exist',
    run: async ({ store }) => {
      await create(store);
      for (const id of ['2', '0', '01', 'latest', '-1', '1.0']) {
        assert.equal(await store.run('TrainFlow', id), undefined, id);
      }
      assert.equal(await store.run('Nobody', '1'), undefined);
      assert.deepEqual(await store.tasks('Nobody', '1', {}), []);
      assert.deepEqual(await collect(store.events('Nobody', '1')), []);
    },
  },
  {
    name: 'lists runs newest first, by flow, namespace, status, datastore and tags, in pages',
    run: async ({ store }) => {
      const { lease } = await create(store, { tags: ['x', 'y'] });
      await create(store, { tags: ['x'], namespace: 'user:bob', user: 'bob' });
      await create(store, { flow: 'Other', tags: ['y'] });
      await create(store, { datastore: 'file:///other' });
      await store.append(lease, [{ type: 'run-ended', at: 5, status: 'failed' }]);
      const ids = async (query: Parameters<MetadataStore['runs']>[0]): Promise<string[]> =>
        (await store.runs(query)).map(({ flow, id }) => `${flow}/${id}`);
      assert.deepEqual(await ids({}), ['TrainFlow/3', 'Other/1', 'TrainFlow/2', 'TrainFlow/1']);
      assert.deepEqual(await ids({ flow: 'TrainFlow' }), ['TrainFlow/3', 'TrainFlow/2', 'TrainFlow/1']);
      assert.deepEqual(await ids({ namespace: 'user:bob' }), ['TrainFlow/2']);
      assert.deepEqual(await ids({ status: 'failed' }), ['TrainFlow/1']);
      assert.deepEqual(await ids({ datastore: 'file:///other' }), ['TrainFlow/3']);
      assert.deepEqual(await ids({ tags: ['x', 'y'] }), ['TrainFlow/1']);
      assert.deepEqual(await ids({ tags: ['user:bob'] }), ['TrainFlow/2']);
      assert.deepEqual(await ids({ limit: 2 }), ['TrainFlow/3', 'Other/1']);
      const before = { flow: 'Other', id: '1' };
      assert.deepEqual(await ids({ limit: 2, before }), ['TrainFlow/2', 'TrainFlow/1']);
      assert.deepEqual(await ids({ flow: 'TrainFlow', before }), ['TrainFlow/2', 'TrainFlow/1']);
    },
  },
  {
    name: 'lists flows with the number of their runs and the newest one, also of one namespace',
    run: async ({ store }) => {
      await create(store);
      await create(store, { namespace: 'user:bob' });
      await create(store, { flow: 'Other' });
      const flows = async (namespace?: string): Promise<unknown[]> =>
        (await store.flows(namespace)).map(({ flow, runs, latest }) => [flow, runs, latest.id]);
      assert.deepEqual(await flows(), [
        ['Other', 1, '1'],
        ['TrainFlow', 2, '2'],
      ]);
      assert.deepEqual(await flows('user:ada'), [
        ['Other', 1, '1'],
        ['TrainFlow', 1, '1'],
      ]);
    },
  },
  {
    name: 'keeps tags of any script, at most 50 of 500 characters, and none that Leat derives',
    run: async ({ store }) => {
      await create(store, { tags: ['prod'] });
      const strange = ['näin se käy', '世界', '🦉 owl', "it's; DROP TABLE runs --", 'a,b'];
      assert.deepEqual(await store.tag('TrainFlow', '1', { add: strange }), [...strange, 'prod'].toSorted());
      assert.deepEqual((await store.runs({ tags: ['🦉 owl'] })).length, 1);
      assert.deepEqual(await store.tag('TrainFlow', '1', { remove: strange, add: ['prod'] }), ['prod']);
      const many = Array.from({ length: 50 }, (_, index) => `t${index}`);
      await rejectsWith('OPTION_INVALID', store.tag('TrainFlow', '1', { add: many }));
      assert.deepEqual(
        (await store.run('TrainFlow', '1'))?.tags,
        ['prod'],
        'a refused change changes nothing',
      );
      await store.tag('TrainFlow', '1', { add: many.slice(1) });
      await rejectsWith('OPTION_INVALID', store.tag('TrainFlow', '1', { add: ['one more'] }));
      for (const tag of ['', ' ', 'x'.repeat(501), 'two\nlines', 'user:ada']) {
        await rejectsWith('OPTION_INVALID', store.tag('TrainFlow', '1', { add: [tag] }));
        await rejectsWith('OPTION_INVALID', create(store, { tags: [tag] }));
      }
      await store.tag('TrainFlow', '1', { remove: many, add: ['🦉'.repeat(500)] });
      await rejectsWith('NOT_FOUND', store.tag('TrainFlow', '99', { add: ['x'] }));
    },
  },
  {
    name: 'forgets a run whole, never uses its id again, and refuses while somebody drives it',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start'), succeeded('start')]);
      await rejectsWith('LEASE_LOST', store.deleteRun('TrainFlow', '1'));
      await store.releaseLease(lease);
      await store.deleteRun('TrainFlow', '1');
      assert.equal(await store.run('TrainFlow', '1'), undefined);
      assert.deepEqual(await store.tasks('TrainFlow', '1', {}), []);
      assert.deepEqual(await collect(store.events('TrainFlow', '1')), []);
      assert.deepEqual(await store.flows(), []);
      await rejectsWith('NOT_FOUND', store.append(lease, [submitted('end')]));
      const next = await create(store);
      assert.equal(next.run.id, '2');
      assert.deepEqual(await store.steps('TrainFlow', '2'), []);
    },
  },
];

const leaseCases: readonly MetadataCase[] = [
  {
    name: 'lets one of two engines have a run, and shuts the other out',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      const other = await connect();
      await rejectsWith('LEASE_LOST', other.acquireLease('TrainFlow', '1', 'engine-2', minute));
      await store.releaseLease(lease);
      const answers = await Promise.allSettled([
        store.acquireLease('TrainFlow', '1', 'engine-1', minute),
        other.acquireLease('TrainFlow', '1', 'engine-2', minute),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
      await rejectsWith('NOT_FOUND', other.acquireLease('TrainFlow', '2', 'engine-2', minute));
    },
  },
  {
    name: 'fences an older epoch out of every write, whatever it wants to write',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start')]);
      const other = await connect();
      const taken = await other.acquireLease('TrainFlow', '1', 'engine-2', minute, true);
      assert.equal(taken.epoch, lease.epoch + 1);
      await rejectsWith('LEASE_LOST', store.append(lease, [succeeded('start')]));
      await rejectsWith('LEASE_LOST', store.append(lease, []));
      await rejectsWith('LEASE_LOST', store.renewLease(lease, minute));
      await store.releaseLease(lease);
      assert.equal(
        (await store.run('TrainFlow', '1'))?.lease?.owner,
        'engine-2',
        'giving back what is lost changes nothing',
      );
      assert.equal((await store.task('TrainFlow', '1', 'start'))?.status, 'submitted');
      assert.equal(await other.append(taken, [succeeded('start')]), 2);
      assert.equal((await store.task('TrainFlow', '1', 'start'))?.status, 'succeeded');
    },
  },
  {
    name: 'takes a lease from the holder that is meant, and not from one that has taken it since',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      const other = await connect();
      const from = { epoch: lease.epoch };
      const taken = await other.acquireLease('TrainFlow', '1', 'engine-2', minute, from);
      assert.equal(taken.epoch, lease.epoch + 1);
      await rejectsWith('LEASE_LOST', store.acquireLease('TrainFlow', '1', 'engine-3', minute, from));
      assert.equal(await other.append(taken, [submitted('start')]), 1);
    },
  },
  {
    name: 'lets one engine write through two connections in turn',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      const other = await connect();
      await store.append(lease, [submitted('start')]);
      await other.append(lease, [failed('start')]);
      await store.append(lease, [submitted('start', 1)]);
      assert.deepEqual(
        (await other.attempts('TrainFlow', '1', 'start')).map(({ state }) => state),
        ['failed', 'submitted'],
      );
    },
  },
  {
    name: 'takes over a lease that has run out, and lets an old holder go on as long as nobody did',
    run: async ({ store }) => {
      const { lease } = await store.createRun(newRun(), 'engine-1', 0);
      await store.append(lease, [submitted('start')]);
      await store.renewLease(lease, 0);
      const taken = await store.acquireLease('TrainFlow', '1', 'engine-2', minute);
      await rejectsWith('LEASE_LOST', store.append(lease, [submitted('end')]));
      await store.releaseLease(taken);
      await rejectsWith('LEASE_LOST', store.append(taken, [submitted('end')]));
      assert.equal((await store.run('TrainFlow', '1'))?.lease, undefined);
    },
  },
  {
    name: 'lets another engine take over after events that the first had not seen end',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start'), submitted('train[0]')]);
      const other = await connect();
      const second = await other.acquireLease('TrainFlow', '1', 'engine-2', minute, true);
      await other.append(second, [succeeded('start')]);
      const third = await store.acquireLease('TrainFlow', '1', 'engine-1', minute, true);
      await store.append(third, [failed('start'), succeeded('train[0]')]);
      assert.equal(
        (await store.task('TrainFlow', '1', 'start'))?.status,
        'succeeded',
        'what was decided stays',
      );
      const start = (await store.steps('TrainFlow', '1')).find(({ step }) => step === 'start');
      assert.deepEqual(start?.byStatus, { succeeded: 1 });
    },
  },
];

const logCases: readonly MetadataCase[] = [
  {
    name: 'appends in order, all or nothing, and reads back what was written',
    run: async ({ store }) => {
      const { lease } = await create(store);
      const events: RunEvent[] = [
        { type: 'engine-started', at: 1, epoch: 1, host: 'höst', pid: 7 },
        ...Array.from({ length: 2_500 }, (_, index) => submitted(`train[${index}]`)),
      ];
      assert.equal(await store.append(lease, events.slice(0, 1_200)), 1_200);
      assert.equal(await store.append(lease, events.slice(1_200)), 2_501);
      assert.equal(await store.append(lease, []), 2_501);
      const broken = { ...submitted('end'), task: 'no address' };
      await assert.rejects(store.append(lease, [submitted('end'), broken]));
      assert.equal(await store.task('TrainFlow', '1', 'end'), undefined);
      assert.equal((await store.run('TrainFlow', '1'))?.lastSeq, 2_501);
      const read = await collect(store.events('TrainFlow', '1'));
      assert.deepEqual(
        read.map(({ seq }) => seq),
        events.map((_, index) => index + 1),
      );
      assert.deepEqual(
        read.map(({ event }) => event),
        events,
      );
      const rest = await collect(store.events('TrainFlow', '1', 2_500));
      assert.deepEqual(
        rest.map(({ seq }) => seq),
        [2_501],
      );
    },
  },
  {
    name: 'keeps tables that equal the fold of the log, in whatever batches the events came',
    run: async ({ store }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const { run, lease } = await create(store);
        const events = randomEvents(seed, 300);
        for (let at = 0; at < events.length; at += 1 + ((at * seed) % 23)) {
          await store.append(lease, events.slice(at, at + 1 + ((at * seed) % 23)));
        }
        await equalsFold(store, run, events);
      }
    },
  },
  {
    name: 'says how a run stands after its end, and again after an engine took it up',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start'), { type: 'run-ended', at: 7, status: 'cancelled' }]);
      const ended = await store.run('TrainFlow', '1');
      assert.deepEqual([ended?.status, ended?.endedAt], ['cancelled', 7]);
      assert.equal(
        (await store.task('TrainFlow', '1', 'start'))?.status,
        'cancelled',
        'nobody will finish it',
      );
      await store.append(lease, [{ type: 'engine-started', at: 8, epoch: 2, host: 'h', pid: 1 }]);
      const again = await store.run('TrainFlow', '1');
      assert.deepEqual([again?.status, again?.endedAt], ['running', undefined]);
    },
  },
];

async function equalsFold(
  store: MetadataStore,
  { flow, id }: RunRecord,
  events: readonly RunEvent[],
): Promise<void> {
  const expected = project(events);
  assert.deepEqual(await store.tasks(flow, id, {}), expected.tasks);
  assert.deepEqual(await store.failures(flow, id, 1_000), expected.failures);
  const steps = [...expected.steps.values()].toSorted((a, b) => (a.step < b.step ? -1 : 1));
  assert.deepEqual(await store.steps(flow, id), steps);
  for (const task of expected.tasks) {
    assert.deepEqual(await store.task(flow, id, task.task), task);
    assert.deepEqual(await store.attempts(flow, id, task.task), expected.attempts.get(task.task) ?? []);
  }
  const run = await store.run(flow, id);
  assert.deepEqual([run?.status, run?.endedAt], [expected.run.status, expected.run.endedAt]);
}

const taskCases: readonly MetadataCase[] = [
  {
    name: 'pages through tasks in the order of step, path as numbers, iteration',
    run: async ({ store }) => {
      const { lease } = await create(store);
      const order = [
        'end',
        'score[0,2]',
        'score[0,10]',
        'score[2,1]',
        'score[2,1]~1',
        'score[2,1]~11',
        'score[10,0]',
        'start',
        'train[0]',
        'train[2]',
        'train[10]',
        'train[100]',
      ];
      await store.append(
        lease,
        order.toReversed().map((task) => submitted(task)),
      );
      assert.deepEqual(addresses(await store.tasks('TrainFlow', '1', {})), order);
      const paged: string[] = [];
      for (let after: string | undefined; ; after = paged.at(-1)) {
        const page = await store.tasks('TrainFlow', '1', {
          limit: 5,
          ...(after === undefined ? {} : { after }),
        });
        paged.push(...addresses(page));
        if (page.length < 5) break;
      }
      assert.deepEqual(paged, order);
      const some = await store.tasks('TrainFlow', '1', { step: 'train', after: 'train[2]', limit: 1 });
      assert.deepEqual(addresses(some), ['train[10]']);
      const before = await store.tasks('TrainFlow', '1', { step: 'score', after: 'end' });
      assert.equal(before.length, 6);
      assert.deepEqual(await store.tasks('TrainFlow', '1', { step: 'score', after: 'start' }), []);
    },
  },
  {
    name: 'lists tasks by status',
    run: async ({ store }) => {
      const { lease } = await create(store);
      const tasks = ['train[0]', 'train[1]', 'train[2]', 'train[3]'];
      await store.append(
        lease,
        tasks.map((task) => submitted(task)),
      );
      await store.append(lease, [
        succeeded('train[0]'),
        failed('train[1]'),
        { type: 'attempt-state', at: 3, task: 'train[2]', attempt: 0, state: 'running' },
        { ...(failed('train[3]') as Extract<RunEvent, { type: 'attempt-failed' }>), retryAt: 99 },
      ]);
      const by = async (status: TaskRecord['status']): Promise<string[]> =>
        addresses(await store.tasks('TrainFlow', '1', { status }));
      assert.deepEqual(await by('succeeded'), ['train[0]']);
      assert.deepEqual(await by('failed'), ['train[1]']);
      assert.deepEqual(await by('running'), ['train[2]']);
      assert.deepEqual(await by('waiting-retry'), ['train[3]']);
      assert.deepEqual(await by('queued'), []);
      assert.deepEqual(addresses(await store.tasks('TrainFlow', '1', { status: 'failed', step: 'train' })), [
        'train[1]',
      ]);
    },
  },
  {
    name: 'shows the first failure first',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(
        lease,
        ['train[0]', 'train[1]', 'train[2]', 'train[3]'].map((task) => submitted(task)),
      );
      await store.append(lease, [failed('train[2]', 5), failed('train[3]', 5)]);
      await store.append(lease, [failed('train[0]', 7), failed('train[1]', 5)]);
      const failures = addresses(await store.failures('TrainFlow', '1', 10));
      assert.deepEqual(failures, ['train[2]', 'train[3]', 'train[1]', 'train[0]']);
      assert.deepEqual(addresses(await store.failures('TrainFlow', '1', 1)), ['train[2]']);
    },
  },
  {
    name: 'keeps every attempt, and the last failure also when a later attempt succeeded',
    run: async ({ store }) => {
      const { lease } = await create(store);
      const first = failed('train[3]') as Extract<RunEvent, { type: 'attempt-failed' }>;
      await store.append(lease, [submitted('train[3]'), { ...first, retryAt: 20 }]);
      await store.append(lease, [{ type: 'retry-due', at: 20, task: 'train[3]', attempt: 1 }]);
      await store.append(lease, [
        submitted('train[3]', 1, 21),
        { type: 'attempt-accepted', at: 22, task: 'train[3]', attempt: 1, job: 'job-7' },
        succeeded('train[3]', 1, 30),
      ]);
      const task = await store.task('TrainFlow', '1', 'train[3]');
      assert.equal(task?.status, 'succeeded');
      assert.deepEqual([task?.attempts, task?.decidedBy, task?.failure?.message], [2, 1, 'train[3] broke']);
      const attempts = await store.attempts('TrainFlow', '1', 'train[3]');
      assert.deepEqual(
        attempts.map(({ attempt, state, job }) => [attempt, state, job]),
        [
          [0, 'failed', undefined],
          [1, 'succeeded', 'job-7'],
        ],
      );
      await store.append(lease, [failed('train[3]', 40)]);
      assert.equal(
        (await store.task('TrainFlow', '1', 'train[3]'))?.decidedBy,
        1,
        'a late report changes nothing',
      );
    },
  },
];

/** A chunk of the tasks `train[from]` to `train[to]` (exclusive). */
function chunkSubmitted(token: string, from: number, to: number, attempt = 0): RunEvent {
  const group = { step: 'train', path: [], iteration: 0 };
  const pack = `runs/TrainFlow/1/train/${token}.pack`;
  return { type: 'chunk-submitted', at: 1, group, places: [from, to], attempt, layer: 'local', token, pack };
}

function chunkSucceeded(token: string, from: number, to: number): RunEvent {
  const places = Array.from({ length: to - from }, (_, index) => from + index);
  return {
    type: 'chunk-succeeded',
    at: 99,
    token,
    outcome: { kind: 'linear' },
    places,
    offsets: places.map((place) => 40 + place * 400),
    lengths: places.map((place) => 300 + (place % 7)),
    startedAt: places.map((place) => 1_000 + place * 10),
    endedAt: places.map((place) => 1_008 + place * 10),
  };
}

const chunkCases: readonly MetadataCase[] = [
  {
    name: 'shows every task of a chunk as one of its own, wherever a page begins',
    run: async ({ store, connect }) => {
      const { run, lease } = await create(store);
      const events = [
        chunkSubmitted('a', 0, 3_000),
        { type: 'chunk-accepted', at: 2, token: 'a', job: 'job-1' },
        { type: 'chunk-started', at: 3, token: 'a' },
        chunkSucceeded('a', 0, 2_500),
        failed('train[2500]'),
      ] satisfies RunEvent[];
      await store.append(lease, events.slice(0, 2));
      await store.append(lease, events.slice(2));
      const other = await connect();
      const expected = project(events);
      const paged: TaskRecord[] = [];
      for (let after: string | undefined; ; after = paged.at(-1)?.task) {
        const page = await other.tasks('TrainFlow', run.id, {
          limit: 700,
          ...(after === undefined ? {} : { after }),
        });
        paged.push(...page);
        if (page.length < 700) break;
      }
      assert.deepEqual(paged, expected.tasks);
      assert.deepEqual(await other.steps('TrainFlow', run.id), [...expected.steps.values()]);
      const running = await other.tasks('TrainFlow', run.id, { status: 'running', after: 'train[2990]' });
      assert.deepEqual(
        addresses(running),
        [...Array(9).keys()].map((index) => `train[${2_991 + index}]`),
      );
      for (const task of ['train[0]', 'train[1024]', 'train[2499]', 'train[2500]', 'train[2999]']) {
        const [attempt] = await other.attempts('TrainFlow', run.id, task);
        assert.deepEqual([attempt], expected.attempts.get(task));
        assert.equal(attempt?.job, 'job-1');
      }
      const last = await other.task('TrainFlow', run.id, 'train[2499]');
      assert.equal(last?.manifest, 'runs/TrainFlow/1/train/a.pack#999640+300');
      assert.equal(await other.task('TrainFlow', run.id, 'train[3000]'), undefined);
    },
  },
  {
    name: 'shows every item that was taken over together as one of its own, and goes on with any of them alone',
    run: async ({ store, connect }) => {
      const { run, lease } = await create(store);
      const group = { step: 'train', path: [], iteration: 0 };
      const outcome = { kind: 'linear' } as const;
      const columns = Array.from({ length: 2_000 }, (_, index) => index);
      const reused = { type: 'tasks-reused', group, outcome, originRun: '7' } as const;
      const named = { kind: 'named', before: 'runs/TrainFlow/7/train/', after: '@1.json' } as const;
      const packed = {
        kind: 'packed',
        pack: 'runs/TrainFlow/7/train/a.pack',
        offsets: columns.map((index) => index * 400 + 40),
        lengths: columns.map((index) => 300 + (index % 7)),
      } as const;
      const events: readonly RunEvent[] = [
        { ...reused, at: 5, from: 0, to: 1_500, results: named },
        { ...reused, at: 6, from: 1_501, to: 3_501, results: packed },
        // Told again, and of some that are known and some that are not.
        { ...reused, at: 7, from: 1_490, to: 1_501, results: named },
        { ...reused, at: 8, from: 3_501, to: 3_501, results: named },
        chunkSubmitted('a', 3_400, 200),
        failed('train[20]'),
      ];
      await store.append(lease, events.slice(0, 2));
      await store.append(lease, events.slice(2));
      const other = await connect();
      const expected = project(events);
      const paged: TaskRecord[] = [];
      for (let after: string | undefined; ; after = paged.at(-1)?.task) {
        const page = await other.tasks('TrainFlow', run.id, {
          limit: 700,
          ...(after === undefined ? {} : { after }),
        });
        paged.push(...page);
        if (page.length < 700) break;
      }
      assert.deepEqual(paged, expected.tasks);
      assert.deepEqual(await other.steps('TrainFlow', run.id), [...expected.steps.values()]);
      const last = await other.task('TrainFlow', run.id, 'train[3300]');
      assert.equal(last?.manifest, 'runs/TrainFlow/7/train/a.pack#719640+300');
      assert.deepEqual(await other.attempts('TrainFlow', run.id, 'train[3300]'), []);
    },
  },
  {
    name: 'lets members whose turn never came be submitted again under the same number',
    run: async ({ store, connect }) => {
      const { run, lease } = await create(store);
      const before: RunEvent[] = [
        chunkSubmitted('a', 0, 4),
        { type: 'chunk-started', at: 3, token: 'a' },
        chunkSucceeded('a', 0, 1),
        { ...(failed('train[1]') as Extract<RunEvent, { type: 'attempt-failed' }>), retryAt: 9 },
        { type: 'chunk-ended', at: 5, token: 'a', returned: [2, 3] },
      ];
      await store.append(lease, before);
      const state = async (): Promise<unknown[]> =>
        (await store.tasks('TrainFlow', run.id, {})).map(({ status, attempts }) => [status, attempts]);
      assert.deepEqual(await state(), [
        ['succeeded', 1],
        ['waiting-retry', 1],
        ['waiting-retry', 1],
        ['waiting-retry', 1],
      ]);
      const other = await connect();
      const again = await other.acquireLease('TrainFlow', run.id, 'engine-2', minute, true);
      const after: RunEvent[] = [
        chunkSubmitted('b', 2, 6),
        chunkSubmitted('c', 1, 2, 1),
        { type: 'chunk-accepted', at: 7, token: 'a', job: 'too late' },
        chunkSucceeded('b', 2, 4),
      ];
      await other.append(again, after);
      await equalsFold(other, run, [...before, ...after]);
      const [attempt] = await other.attempts('TrainFlow', run.id, 'train[3]');
      assert.deepEqual([attempt?.token, attempt?.state, attempt?.job], ['b', 'succeeded', undefined]);
      const ended: RunEvent = { type: 'run-ended', at: 300, status: 'cancelled' };
      await other.append(again, [ended]);
      await equalsFold(other, run, [...before, ...after, ended]);
      assert.deepEqual((await state()).at(-1), ['cancelled', 1]);
    },
  },
];

/** Every promise of the contract. */
export const metadataConformance: readonly MetadataCase[] = [
  ...runCases,
  ...leaseCases,
  ...logCases,
  ...taskCases,
  ...chunkCases,
];

function addresses(tasks: readonly TaskRecord[]): string[] {
  return tasks.map(({ task }) => task);
}
