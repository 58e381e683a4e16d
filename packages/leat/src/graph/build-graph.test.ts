import { describe, expect, test } from 'vitest';
import type { FlowDescription } from '../flow/description.ts';
import { buildGraph } from './build-graph.ts';
import { checkedGraph } from './checked-graph.ts';
import { fromSources } from './from-sources.fixture.ts';
import { graphStep } from './graph.ts';
import type { ProblemKind } from './problem.ts';

const toEnd = 'this.next(this.end);';
const json = (name: string) => ({ name, kind: 'json', required: true }) as const;

function kinds(description: FlowDescription): string[] {
  return buildGraph(description).problems.map(({ kind, step }) =>
    step === undefined ? kind : `${kind} ${step}`,
  );
}

describe('shapes that are right', () => {
  const shapes: Record<string, Record<string, string>> = {
    linear: { start: toEnd, end: '' },
    branch: {
      start: 'this.next(this.a, this.b);',
      a: 'this.next(this.j);',
      b: 'this.next(this.j);',
      'j(inputs)': toEnd,
      end: '',
    },
    foreach: {
      start: 'this.next(this.a, { foreach: this.xs });',
      'a(item)': 'this.next(this.j);',
      'j(inputs)': toEnd,
      end: '',
    },
    'a foreach whose step reads this.input': {
      start: 'this.next(this.a, { foreach: [1] });',
      a: 'this.next(this.j);',
      'j(inputs)': toEnd,
      end: '',
    },
    'nested foreach': {
      start: 'this.next(this.a, { foreach: this.xs });',
      'a(x)': 'this.next(this.b, { foreach: this.ys });',
      'b(y)': 'this.next(this.inner);',
      'inner(inputs)': 'this.next(this.outer);',
      'outer(inputs)': toEnd,
      end: '',
    },
    'end as a join': { start: 'this.next(this.a, this.b);', a: toEnd, b: toEnd, 'end(inputs)': '' },
    switch: {
      start: 'this.next({ x: this.a, y: this.b }, { by: this.kind });',
      a: 'this.next(this.c);',
      b: 'this.next(this.c);',
      c: toEnd,
      end: '',
    },
    loop: {
      start: 'this.next(this.work);',
      work: 'this.next({ again: this.work, done: this.end }, { by: this.state });',
      end: '',
    },
    'a switch to the join': {
      start: 'this.next(this.a, { foreach: this.xs });',
      'a(x)': 'this.next({ skip: this.j, work: this.w }, { by: this.kind });',
      w: 'this.next(this.j);',
      'j(inputs)': toEnd,
      end: '',
    },
    'a loop around a split': {
      start: 'this.next(this.fan);',
      fan: 'this.next(this.a, { foreach: this.xs });',
      'a(x)': 'this.next(this.j);',
      'j(inputs)': 'this.next({ again: this.fan, done: this.end }, { by: this.state });',
      end: '',
    },
  };
  test.each(Object.entries(shapes))('%s', (_, methods) => {
    expect(kinds(fromSources(methods))).toEqual([]);
  });
});

describe('what is wrong is refused', () => {
  const wrong: [ProblemKind, string, FlowDescription][] = [
    ['no-start', '', fromSources({ a: toEnd, end: '' })],
    [
      'no-end',
      '',
      fromSources({
        start: 'this.next(this.a);',
        a: 'this.next(this.start2);',
        start2: 'this.next({a: this.a, b: this.start2}, {by: this.x});',
      }),
    ],
    ['unreachable', 'lost', fromSources({ start: toEnd, lost: toEnd, end: '' })],
    ['no-next', 'start', fromSources({ start: 'this.x = 1;', end: '' })],
    ['no-next', 'start', fromSources({ start: 'this.goOn();', end: '' }, { helpers: ['goOn'] })],
    ['next-not-last', 'start', fromSources({ start: `${toEnd} console.log(1);`, end: '' })],
    ['next-conditional', 'start', fromSources({ start: `if (this.x) ${toEnd}`, end: '' })],
    ['next-conditional', 'start', fromSources({ start: `this.x && this.next(this.end);`, end: '' })],
    [
      'next-conditional',
      'start',
      fromSources({ start: `this.x ? this.next(this.a) : this.next(this.end);`, a: toEnd, end: '' }),
    ],
    ['next-conditional', 'start', fromSources({ start: `for (const x of this.xs) ${toEnd}`, end: '' })],
    [
      'next-conditional',
      'start',
      fromSources({ start: `try { ${toEnd} } catch { console.log(1); }`, end: '' }),
    ],
    ['next-conditional', 'start', fromSources({ start: `if (this.x) return; ${toEnd}`, end: '' })],
    [
      'next-conditional',
      'start',
      fromSources({ start: `this.xs.forEach(() => this.next(this.end));`, end: '' }),
    ],
    ['next-twice', 'start', fromSources({ start: `${toEnd} ${toEnd}`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `const self = this; self.next(self.end);`, end: '' })],
    [
      'next-unreadable',
      'start',
      fromSources({ start: `const { next } = this; next.call(this, this.end);`, end: '' }),
    ],
    ['next-unreadable', 'start', fromSources({ start: `this.next.call(this, this.end);`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `this.next(...this.targets);`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `this.next(this[this.where]);`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `this.next(this.end, options);`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `this.next();`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `this.next({ ...cases }, { by: this.x });`, end: '' })],
    ['next-unreadable', 'start', fromSources({ start: `this.next({ a: this.end, b: this.end });`, end: '' })],
    ['unknown-step', 'start', fromSources({ start: 'this.next(this.ende);', end: '' })],
    [
      'helper-as-step',
      'start',
      fromSources({ start: 'this.next(this.help);', end: '' }, { helpers: ['help'] }),
    ],
    ['gang', 'start', fromSources({ start: 'this.next(this.end, { parallel: 4 });', end: '' })],
    ['switch-cases', 'start', fromSources({ start: 'this.next({ a: this.end }, { by: this.x });', end: '' })],
    ['duplicate-target', 'start', fromSources({ start: 'this.next(this.a, this.a);', a: toEnd, end: '' })],
    ['inputs-without-split', 'a', fromSources({ start: 'this.next(this.a);', 'a(inputs)': toEnd, end: '' })],
    [
      'item-and-inputs',
      'a',
      fromSources({
        start: 'this.next({ x: this.a, y: this.f }, { by: this.x });',
        f: 'this.next(this.a, { foreach: this.xs });',
        'a(x)': 'this.next(this.j);',
        'j(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'split-into-join',
      'start',
      fromSources({
        start: 'this.next(this.a, this.j);',
        a: 'this.next(this.j);',
        'j(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'split-without-join',
      'start',
      fromSources({ start: 'this.next(this.a, { foreach: this.xs });', 'a(x)': toEnd, end: '' }),
    ],
    [
      'split-without-join',
      'start',
      fromSources({ start: 'this.next(this.j, { foreach: this.xs });', 'j(inputs)': toEnd, end: '' }),
    ],
    [
      'split-without-join',
      'start',
      fromSources({ start: 'this.next(this.a, this.b);', a: toEnd, b: toEnd, end: '' }),
    ],
    [
      'meet-without-inputs',
      'j',
      fromSources({
        start: 'this.next(this.a, this.b);',
        a: 'this.next(this.j);',
        b: 'this.next(this.j);',
        j: 'this.next(this.k);',
        'k(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'join-depth',
      'j',
      fromSources({
        start: 'this.next(this.a, this.b);',
        a: 'this.next(this.c, this.d);',
        c: 'this.next(this.i);',
        d: 'this.next(this.i);',
        'i(inputs)': 'this.next(this.j);',
        b: 'this.next(this.e, { foreach: this.xs });',
        e: 'this.next(this.j);',
        'j(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'several-joins',
      'start',
      fromSources({
        start: 'this.next(this.a, this.b);',
        a: 'this.next(this.j);',
        b: 'this.next(this.k);',
        'j(inputs)': toEnd,
        'k(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'several-splits',
      'j',
      fromSources({
        start: 'this.next({ x: this.a, y: this.b }, { by: this.x });',
        a: 'this.next(this.w, { foreach: this.xs });',
        b: 'this.next(this.v, { foreach: this.xs });',
        w: 'this.next(this.j);',
        v: 'this.next(this.j);',
        'j(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'start-has-parents',
      'a',
      fromSources({
        start: 'this.next(this.a);',
        a: 'this.next({ x: this.start, y: this.end }, { by: this.x });',
        end: '',
      }),
    ],
    ['start-takes-input', 'start', fromSources({ 'start(x)': toEnd, end: '' })],
    ['end-has-next', 'end', fromSources({ start: toEnd, end: 'this.next(this.start);' })],
    ['inputs-without-split', 'end', fromSources({ start: toEnd, 'end(inputs)': '' })],
    [
      'cycle',
      'a',
      fromSources({ start: 'this.next(this.a);', a: 'this.next(this.b);', b: 'this.next(this.a);', end: '' }),
    ],
    [
      'no-way-out',
      'a',
      fromSources({
        start: 'this.next({ x: this.a, y: this.end }, { by: this.x });',
        a: 'this.next({ x: this.a, y: this.b }, { by: this.x });',
        b: 'this.next({ x: this.a, y: this.b }, { by: this.x });',
        end: '',
      }),
    ],
    ['reserved-name', 'merge', fromSources({ start: 'this.next(this.merge);', merge: toEnd, end: '' })],
    ['reserved-name', 'start', fromSources({ start: `this.input = 1; ${toEnd}`, end: '' })],
    ['reserved-name', '', fromSources({ start: toEnd, end: '' }, { parameters: [json('index')] })],
    ['bad-name', 'größe', fromSources({ start: 'this.next(this.größe);', größe: toEnd, end: '' })],
    [
      'names-differ-by-case',
      'Train',
      fromSources({
        start: 'this.next(this.train);',
        train: 'this.next(this.Train);',
        Train: toEnd,
        end: '',
      }),
    ],
    ['artifact-is-step', 'start', fromSources({ start: `this.end = 1; ${toEnd}`, end: '' })],
    [
      'parameter-assigned',
      'start',
      fromSources({ start: `this.alpha += 1; ${toEnd}`, end: '' }, { parameters: [json('alpha')] }),
    ],
    [
      'catch-var',
      'start',
      fromSources(
        { start: toEnd, end: '' },
        { parameters: [json('alpha')], on: { start: { decorators: { catchError: { var: 'alpha' } } } } },
      ),
    ],
    [
      'catch-var',
      'start',
      fromSources(
        { start: toEnd, end: '' },
        { on: { start: { decorators: { catchError: { var: 'end' } } } } },
      ),
    ],
    [
      'isolation-outside-foreach',
      'start',
      fromSources({ start: toEnd, end: '' }, { on: { start: { decorators: { chunk: 2 } } } }),
    ],
    [
      'isolation-outside-foreach',
      'a',
      fromSources(
        {
          start: 'this.next(this.a, this.b);',
          a: 'this.next(this.join);',
          b: 'this.next(this.join);',
          'join(inputs)': toEnd,
          end: '',
        },
        { on: { a: { decorators: { isolation: 'reuse' } } } },
      ),
    ],
    [
      'catch-case',
      'start',
      fromSources(
        { start: 'this.next({ x: this.a, y: this.end }, { by: this.x });', a: toEnd, end: '' },
        { on: { start: { decorators: { catchError: { var: 'f' } } } } },
      ),
    ],
    [
      'catch-case',
      'start',
      fromSources(
        { start: 'this.next({ x: this.a, y: this.end }, { by: this.x });', a: toEnd, end: '' },
        { on: { start: { decorators: { catchError: { var: 'f', case: 'z' } } } } },
      ),
    ],
    [
      'catch-case',
      'start',
      fromSources(
        { start: toEnd, end: '' },
        { on: { start: { decorators: { catchError: { var: 'f', case: 'z' } } } } },
      ),
    ],
    [
      'declared-differs',
      'start',
      fromSources(
        { start: 'this.next(this.a);', a: toEnd, end: '' },
        { on: { start: { declared: { next: 'end' } } } },
      ),
    ],
    ['generator-step', 'start', fromSources({ '*start()': toEnd, end: '' })],
    [
      'too-many-parameters',
      'a',
      fromSources({
        start: 'this.next(this.a, { foreach: this.xs });',
        'a(x, y)': 'this.next(this.j);',
        'j(inputs)': toEnd,
        end: '',
      }),
    ],
    [
      'down-levelled',
      'start',
      fromSources({
        start: 'return __awaiter(this, void 0, void 0, function* () { this.next(this.end); });',
        end: '',
      }),
    ],
    [
      'down-levelled',
      'start',
      fromSources({ start: 'return a(this, null, function* () { this.next(this.end); });', end: '' }),
    ],
    [
      'unreadable-source',
      'start',
      fromSources({ start: toEnd, end: '' }, { on: { start: { source: 'function () { [native code] }' } } }),
    ],
  ];

  test.each(wrong)('%s %s', (kind, step, description) => {
    const problems = buildGraph(description).problems;
    expect(problems.map((problem) => `${problem.kind} ${problem.step ?? ''}`)).toContain(`${kind} ${step}`);
    for (const { message, fix } of problems) expect(message.length * fix.length).toBeGreaterThan(0);
    // One mistake, one problem; a second only where both ends of it are wrong.
    expect(problems.length).toBeLessThanOrEqual(2);
    expect(() => checkedGraph(description)).toThrow(expect.objectContaining({ code: 'GRAPH_INVALID' }));
  });
});

test('a step inside a foreach may share processes, also behind a branch', () => {
  const graph = fromSources(
    {
      start: 'this.next(this.fan, { foreach: this.xs });',
      'fan(x)': 'this.next(this.a, this.b);',
      a: 'this.next(this.both);',
      b: 'this.next(this.both);',
      'both(inputs)': 'this.next(this.all);',
      'all(inputs)': toEnd,
      end: '',
    },
    { on: { fan: { decorators: { chunk: 2 } }, b: { decorators: { isolation: 'reuse' } } } },
  );
  expect(buildGraph(graph).problems).toEqual([]);
});

describe('what a graph tells', () => {
  test('splits, joins, loops and takes', () => {
    const graph = checkedGraph(
      fromSources({
        start: 'this.next(this.fan, this.other);',
        fan: 'this.next(this.work, { foreach: this.xs.filter(Boolean) });',
        'work(item)': 'this.next({ again: this.work2, done: this.gather }, { by: this.state });',
        work2: 'this.next({ again: this.work2, done: this.gather }, { by: this.state });',
        'gather(inputs)': 'this.next(this.both);',
        other: 'this.next(this.both);',
        'both(inputs)': toEnd,
        end: '',
      }),
    );
    expect(graphStep(graph, 'start')).toMatchObject({
      takes: 'nothing',
      splits: [],
      next: { kind: 'branch', to: ['fan', 'other'], join: 'both' },
    });
    expect(graphStep(graph, 'fan').next).toEqual({
      kind: 'foreach',
      to: 'work',
      over: 'this.xs.filter(Boolean)',
      join: 'gather',
    });
    expect(graphStep(graph, 'work')).toMatchObject({ takes: 'item', splits: ['start', 'fan'] });
    expect(graphStep(graph, 'work')).not.toHaveProperty('loop');
    expect(graphStep(graph, 'work2')).toMatchObject({ takes: 'nothing', loop: 0 });
    expect(graphStep(graph, 'gather')).toMatchObject({ takes: 'inputs', closes: 'fan', splits: ['start'] });
    expect(graphStep(graph, 'both')).toMatchObject({ closes: 'start', splits: [] });
    expect(graphStep(graph, 'end').next).toEqual({ kind: 'end' });
  });

  test('declared edges stand for a transition that cannot be read', () => {
    const graph = checkedGraph(
      fromSources(
        { start: 'goOn(this);', 'a(x)': 'goOn(this);', b: 'goOn(this);', 'j(inputs)': toEnd, end: '' },
        {
          on: {
            start: { declared: { next: 'a', foreach: 'xs' } },
            a: { declared: { next: { x: 'b', y: 'j' }, by: 'kind' } },
            b: { declared: { next: ['j'] } },
          },
        },
      ),
    );
    expect(graph.steps.map(({ next }) => next)).toEqual([
      { kind: 'foreach', to: 'a', over: 'this.xs', join: 'j' },
      { kind: 'switch', cases: { x: 'b', y: 'j' }, by: 'this.kind' },
      { kind: 'linear', to: 'j' },
      { kind: 'linear', to: 'end' },
      { kind: 'end' },
    ]);
  });

  test('artifacts: assigned always, assigned perhaps, read', () => {
    const { graph } = buildGraph(
      fromSources(
        {
          start: `
            this.always = 1; this.count ??= 0; this.count += 1;
            if (this.always) { this.both = 1; this.perhaps = 2; } else this.both = 3;
            [this.first, { x: this.second = this.fallback }] = pair();
            for (this.inLoop of [1]) {}
            try { this.tried = 1 } finally { this.lastly = 1 }
            const { read1, read2: other } = this;
            later(() => { this.inArrow = this.read3; });
            later(function () { this.notOurs = this.neither; });
            class Inner { m() { this.notOurs = 1; } }
            this.table.rows = 1;
            console.log(this.helper(), this.alpha, this.input);
            this.next(this.end);`,
          end: '',
        },
        {
          helpers: ['helper'],
          parameters: [json('alpha')],
          on: { start: { decorators: { catchError: { var: 'failed' } } } },
        },
      ),
    );
    const { assigns, reads } = graphStep(graph, 'start');
    const always = assigns.filter((each) => each.always).map(({ name }) => name);
    const perhaps = assigns.filter((each) => !each.always).map(({ name }) => name);
    expect(always.toSorted()).toEqual([
      'always',
      'both',
      'count',
      'failed',
      'first',
      'lastly',
      'second',
      'tried',
    ]);
    expect(perhaps.toSorted()).toEqual(['inArrow', 'inLoop', 'perhaps']);
    expect([...reads].toSorted()).toEqual([
      'always',
      'count',
      'fallback',
      'read1',
      'read2',
      'read3',
      'table',
    ]);
  });

  test('where a transition in a try belongs', () => {
    const fixOf = (start: string): string | undefined =>
      buildGraph(fromSources({ start, a: 'this.next(this.end);', end: '' })).problems[0]?.fix;
    const behind = 'Move it behind the try statement.';
    expect(fixOf('try { this.next(this.a); } catch { throw new Error(); }')).toBe(behind);
    expect(fixOf('try { this.x = 1; } finally { this.next(this.a); }')).toBe(behind);
    expect(fixOf('if (this.x) try { this.next(this.a); } finally { }')).toContain('{ by: this.choice }');
    expect(fixOf('try { this.next(this.a); } catch { this.next(this.end); }')).toContain('a: this.a');
  });

  test('fields that the source takes as possibly unset', () => {
    const source = `
      this.a?.x; this.b ?? 1; this.c ??= 1; this.d === undefined; this.e != null; typeof this.f; this.g === void 0; this.h?.();
      this.plain.x; this.or || 1; !this.not; this.other?.x.y; const it = () => this.inArrow?.[0];
      this.next(this.end);`;
    const { graph } = buildGraph(fromSources({ start: source, end: 'this.a.x;' }));
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'other', 'inArrow'];
    expect(graphStep(graph, 'start').guards).toEqual(names);
    expect(graphStep(graph, 'end')).not.toHaveProperty('guards');
  });

  test('problems have their place, all in one error', () => {
    const description = fromSources({ start: 'this.next(this.ende);', lost: 'this.x = 1;', end: '' });
    const locate = (step: string, offset: number) => ({
      place: { file: `${step}.ts`, line: 1, column: offset + 1 },
      frame: '^',
    });
    expect(buildGraph(description, locate).problems).toMatchObject([
      {
        kind: 'unknown-step',
        place: { file: 'start.ts', column: 11 },
        frame: '^',
        fix: 'Did you mean this.end?',
      },
      { kind: 'no-next', place: { file: 'lost.ts', column: 1 } },
    ]);
    expect(() => checkedGraph(description, locate)).toThrow(
      expect.objectContaining({
        code: 'GRAPH_INVALID',
        message: [
          "the graph of 'TestFlow' is refused, it has 2 problems:",
          '',
          "1. step 'start' goes on to 'ende', which does not exist",
          '   at start.ts:1:11',
          '   ^',
          '   Did you mean this.end?',
          '',
          "2. step 'lost' does not say where the run goes on",
          '   at lost.ts:1:1',
          '   ^',
          "   End it with this.next(this.someStep), or this.next(this.end). A helper cannot say it for the step: declare @step({ next: 'someStep' }) then.",
        ].join('\n'),
      }),
    );
    const one = fromSources({ start: 'this.next(this.ende);', end: '' });
    expect(() => checkedGraph(one, locate)).toThrow(
      expect.objectContaining({
        hint: 'Did you mean this.end?',
        place: { file: 'start.ts', line: 1, column: 11 },
        frame: '^',
      }),
    );
  });
});
