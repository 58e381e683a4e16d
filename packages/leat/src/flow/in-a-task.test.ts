import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { type Current, current, isInTask, setCurrent } from './current.ts';
import { file, pendingFile } from './file.ts';
import { Flow } from './flow.ts';
import { step } from './step.ts';
import { type Inputs, makeInputs } from './inputs.ts';
import { attachHost, detachHost, type MergeOptions, type NextCall } from './step-host.ts';

const code = (name: string, message: RegExp): Error =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) as string }) as Error;

class Small extends Flow {
  declare kind: string;
  @step start() {
    this.next(this.end);
  }
  @step work(_item: number) {
    this.next(this.end);
  }
  @step join(inputs: Inputs<Small>) {
    this.merge(inputs, { include: ['kind'] });
  }
  @step end() {}
  helper() {}
}

function hosted(index?: number): { flow: Small; calls: NextCall[]; merged: [unknown, MergeOptions][] } {
  const flow = new Small();
  const calls: NextCall[] = [];
  const merged: [unknown, MergeOptions][] = [];
  attachHost(flow, {
    next: (call) => void calls.push(call),
    merge: (inputs, options) => void merged.push([inputs, options]),
    input: 'fi',
    index,
    foreachStack: [],
  });
  return { flow, calls, merged };
}

describe('a flow and its host', () => {
  test('every form of next reaches the host with names', () => {
    const { flow, calls } = hosted();
    flow.start();
    flow.next(flow.start, flow.end);
    const items = [1, 2];
    flow.next(flow.work, { foreach: items });
    flow.next({ yes: flow.start, no: flow.end }, { by: 'no' });
    flow.next({ true: flow.start, false: flow.end }, { by: items.length > 1 });
    flow.next({ 1: flow.start, 2: flow.end }, { by: 2 });
    expect(calls).toEqual([
      { kind: 'linear', targets: ['end'] },
      { kind: 'branch', targets: ['start', 'end'] },
      { kind: 'foreach', target: 'work', items },
      { kind: 'switch', cases: { yes: 'start', no: 'end' }, choice: 'no' },
      { kind: 'switch', cases: { true: 'start', false: 'end' }, choice: 'true' },
      { kind: 'switch', cases: { 1: 'start', 2: 'end' }, choice: '2' },
    ]);
    expect(calls[2]).toHaveProperty('items', items);
  });

  const wrong: [string, (flow: Flow & Record<string, unknown>) => unknown[], RegExp][] = [
    ['nothing', () => [], /without a step/],
    ['a helper', (flow) => [flow['helper']], /'helper', which is not a step/],
    ['a bound step', (flow) => [(flow['end'] as () => void).bind(flow)], /'bound end', which is not a step/],
    ['a misspelt step', (flow) => [flow['ende']], /is undefined/],
    ['a name', () => ['end'], /the string 'end', expected a step/],
    ['options without foreach', (flow) => [flow['work'], { forech: [] }], /without 'foreach': 'forech'/],
    ['a number of items', (flow) => [flow['work'], { foreach: 3 }], /got 3, expected an array/],
    ['a text of items', (flow) => [flow['work'], { foreach: 'abc' }], /the string 'abc'/],
    ['no items', (flow) => [flow['work'], { foreach: undefined }], /undefined \(is the name right/],
    ['a gang', (flow) => [flow['work'], { parallel: 4 }], /not supported yet/],
    ['a switch without a choice', (flow) => [{ a: flow['end'] }], /needs its choice/],
    [
      'a choice that is no case',
      (flow) => [{ a: flow['end'] }, { by: 'b' }],
      /'b', which is none of its cases: 'a'/,
    ],
    ['a choice that nobody set', (flow) => [{ a: flow['end'] }, { by: flow['kind'] }], /undefined/],
    ['a case that is no step', () => [{ a: 3 }, { by: 'a' }], /case 'a' of this\.next\(…\) is 3/],
  ];
  test.each(wrong)('refused: %s', (_, args, message) => {
    const { flow, calls } = hosted();
    const next = flow.next.bind(flow) as (...call: unknown[]) => void;
    expect(() => next(...args(flow as never))).toThrow(code('TRANSITION_INVALID', message));
    expect(calls).toEqual([]);
  });

  test('merge, input and index are the host’s', () => {
    const { flow, merged } = hosted(3);
    const inputs = makeInputs<{ kind: string }>({ length: 0, at: () => ({ kind: 'x' }) });
    flow.merge(inputs);
    flow.merge(inputs, { exclude: ['kind'] });
    expect(merged).toEqual([
      [inputs, {}],
      [inputs, { exclude: ['kind'] }],
    ]);
    expect(() => flow.merge(inputs, { include: [], exclude: [] } as never)).toThrow(
      code('STEP_MISUSE', /both include and exclude/),
    );
    expect([flow.input, flow.index, flow.foreachStack]).toEqual(['fi', 3, []]);
    expect(() => hosted().flow.index).toThrow(code('STEP_MISUSE', /no foreach around/));
  });

  test('outside a task everything says so, and the host is no artifact', () => {
    const flow = new Small();
    expect(() => flow.start()).toThrow(
      code('STEP_MISUSE', /'this\.next\(…\)' has a meaning only while a step of 'Small' runs/),
    );
    expect(() => flow.input).toThrow(code('STEP_MISUSE', /'this\.input'/));
    const running = hosted().flow;
    expect(Object.keys(running)).toEqual([]);
    detachHost(running);
    expect(() => running.start()).toThrow(code('STEP_MISUSE', /this\.next/));
  });
});

describe('Inputs', () => {
  interface Task {
    readonly score: number;
  }
  const opened: number[] = [];
  const at = (index: number): Task => {
    opened.push(index);
    return { score: index * 10 };
  };
  afterEach(() => void opened.splice(0));

  test('entries are made when they are touched', () => {
    const inputs = makeInputs<Task>({ length: 100_000, at });
    expect([
      inputs.length,
      inputs[70_000]?.score,
      inputs.at(-1)?.score,
      inputs[100_000],
      inputs.at(-100_001),
    ]).toEqual([100_000, 700_000, 999_990, undefined, undefined]);
    expect(opened).toEqual([70_000, 99_999]);
  });

  test('reads like a list', () => {
    const inputs = makeInputs<Task>({ length: 4, at });
    expect(inputs.map(({ score }, index) => [score, index])).toEqual([
      [0, 0],
      [10, 1],
      [20, 2],
      [30, 3],
    ]);
    expect([...inputs].map(({ score }) => score)).toEqual([0, 10, 20, 30]);
    expect(inputs.flatMap(({ score }) => [score, score]).length).toBe(8);
    expect(
      inputs
        .filter(({ score }) => score > 5)
        .filter((_, index) => index > 0)
        .map(({ score }) => score),
    ).toEqual([20, 30]);
    const [, high] = [inputs, inputs.filter(({ score }) => score > 5)];
    expect(high[0]?.score).toBe(10);
    expect(inputs.find(({ score }) => score > 15)?.score).toBe(20);
    expect([inputs.some(({ score }) => score > 25), inputs.every(({ score }) => score > 25)]).toEqual([
      true,
      false,
    ]);
    expect(inputs.reduce((a, b) => (b.score > a.score ? b : a)).score).toBe(30);
    expect(inputs.reduce((sum, { score }) => sum + score, 1)).toBe(61);
    expect(Array.from(inputs).length).toBe(4);
  });

  test('an empty list', () => {
    const inputs = makeInputs<Task>({ length: 0, at });
    expect([[...inputs], inputs.map(() => 1), inputs.reduce((sum: number) => sum, 7)]).toEqual([[], [], 7]);
    expect(() => inputs.reduce((a) => a)).toThrow(TypeError);
  });

  test('branches by name; methods win', () => {
    const inputs = makeInputs<Task>({
      length: 3,
      at,
      branches: new Map([
        ['plot', 0],
        ['clean', 1],
        ['map', 2],
      ]),
    }) as unknown as Inputs<Small> & Record<string, Task>;
    expect([inputs['plot']?.score, inputs['clean']?.score, inputs['nowhere']]).toEqual([0, 10, undefined]);
    expect(inputs.map).toBeTypeOf('function');
    expect(['plot' in inputs, 'nowhere' in inputs]).toEqual([true, false]);
  });
});

describe('current', () => {
  afterEach(() => setCurrent(undefined));

  test('tells the facts of the task, and refuses outside one', () => {
    expect(isInTask()).toBe(false);
    expect(() => current.run).toThrow(code('STEP_MISUSE', /'current\.run' was read outside a task/));
    const facts = {
      flow: 'Small',
      run: '7',
      step: 'work',
      task: 'Small/7/work[3]',
      attempt: 1,
      index: 3,
      tags: ['a'],
    } as unknown as Current;
    setCurrent(facts);
    expect([current.flow, current.run, current.task, current.attempt, current.index, current.tags]).toEqual([
      'Small',
      '7',
      'Small/7/work[3]',
      1,
      3,
      ['a'],
    ]);
  });
});

describe('file', () => {
  test('a path, a URL, a stream, an iterable', () => {
    const stream = Readable.from(['x']);
    expect(pendingFile(file('/tmp/out/report.csv'))).toEqual({
      name: 'report.csv',
      source: '/tmp/out/report.csv',
    });
    expect(pendingFile(file('report.csv', { name: 'other.csv' }))?.name).toBe('other.csv');
    expect(pendingFile(file(pathToFileURL('/tmp/a b.txt')))).toEqual({
      name: 'a b.txt',
      source: '/tmp/a b.txt',
    });
    expect(pendingFile(file(stream, { name: 'x.bin' }))).toEqual({ name: 'x.bin', source: stream });
    expect(pendingFile({})).toBeUndefined();
    stream.destroy();
  });

  test('cannot be read before it is stored', () => {
    const report = file('report.csv');
    expect(report.name).toBe('report.csv');
    expect(() => report.size).toThrow(code('STEP_MISUSE', /'report\.csv' is stored when this step ends/));
    expect(() => report.text()).toThrow(code('STEP_MISUSE', /stored when this step ends/));
  });

  test('refuses what is no file', () => {
    expect(() => file(3 as never)).toThrow(code('STEP_MISUSE', /got number/));
    expect(() => file([new Uint8Array(1)] as never)).toThrow(
      code('STEP_MISUSE', /does not know what the file is called/),
    );
    expect(() => file(new URL('https://example.com/a'))).toThrow(
      code('STEP_MISUSE', /expected a path or a file: URL/),
    );
    expect(() => file('/')).toThrow(code('STEP_MISUSE', /called/));
  });
});
