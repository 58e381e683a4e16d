/** The graph shapes that every behaviour is run on. */
import type { Shape, ShapeStep } from './shape.ts';

const start = (
  next: string,
  prelude?: string,
  roles: ShapeStep['roles'] = ['start', 'linear'],
): ShapeStep => ({
  name: 'start',
  roles,
  next,
  ...(prelude === undefined ? {} : { prelude }),
});
const end: ShapeStep = { name: 'end', roles: ['end', 'linear'] };
const linear = (name: string, next: string, prelude?: string): ShapeStep => ({
  name,
  roles: ['linear'],
  next,
  ...(prelude === undefined ? {} : { prelude }),
});
const join = (name: string, next: string): ShapeStep => ({ name, roles: ['join'], takes: 'inputs', next });

const binaryTree = (): ShapeStep[] => {
  const steps: ShapeStep[] = [];
  const grow = (name: string, depth: number, after: string): void => {
    if (depth === 0) {
      steps.push(linear(name, `this.next(this.${after})`));
      return;
    }
    steps.push({ name, roles: ['branch-split'], next: `this.next(this.${name}0, this.${name}1)` });
    grow(`${name}0`, depth - 1, `${name}Join`);
    grow(`${name}1`, depth - 1, `${name}Join`);
    steps.push(join(`${name}Join`, `this.next(this.${after})`));
  };
  grow('n', 3, 'end');
  return steps;
};

const treeTasks = Object.fromEntries(binaryTree().map((step) => [step.name, 1]));

/** A loop that goes round five times: `work` runs with round 0…4. */
const loopSteps = (after: string): ShapeStep[] => [
  {
    name: 'work',
    roles: ['loop'],
    prelude: 'this.round = (this.round ?? -1) + 1;',
    next: 'this.next(this.decide)',
  },
  {
    name: 'decide',
    roles: ['loop', 'switch'],
    prelude: "this.kind = this.round < this.rounds - 1 ? 'again' : 'done';",
    next: `this.next({ again: this.work, done: this.${after} }, { by: this.kind })`,
  },
];

export const shapes: readonly Shape[] = [
  {
    name: 'linear',
    fields: '',
    steps: [
      start('this.next(this.a)'),
      linear('a', 'this.next(this.b)'),
      linear('b', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, a: 1, b: 1, end: 1 },
  },
  {
    name: 'branch',
    fields: '',
    steps: [
      start('this.next(this.a, this.b)', undefined, ['start', 'branch-split']),
      linear('a', 'this.next(this.join)'),
      linear('b', 'this.next(this.join)'),
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, a: 1, b: 1, join: 1, end: 1 },
  },
  {
    name: 'nested_branches',
    fields: '',
    steps: [start('this.next(this.n)'), ...binaryTree(), end],
    tasks: { start: 1, ...treeTasks, end: 1 },
  },
  {
    name: 'foreach',
    fields: 'declare items: string[];',
    steps: [
      start('this.next(this.inner, { foreach: this.items })', "this.items = ['a', 'b', 'c'];", [
        'start',
        'foreach-split',
      ]),
      { name: 'inner', roles: ['foreach-inner'], takes: 'item', next: 'this.next(this.inner2)' },
      { name: 'inner2', roles: ['foreach-inner'], next: 'this.next(this.join)' },
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, inner: 3, inner2: 3, join: 1, end: 1 },
  },
  {
    name: 'small_foreach',
    fields: 'declare items: string[];',
    steps: [
      start('this.next(this.inner, { foreach: this.items })', "this.items = ['a', 'b', 'c'];", [
        'start',
        'foreach-split',
      ]),
      { name: 'inner', roles: ['foreach-inner'], takes: 'item', next: 'this.next(this.join)' },
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, inner: 3, join: 1, end: 1 },
  },
  {
    name: 'zero_foreach',
    fields: 'declare items: string[];',
    steps: [
      start('this.next(this.inner, { foreach: this.items })', 'this.items = [];', ['start', 'foreach-split']),
      { name: 'inner', roles: ['foreach-inner'], takes: 'item', next: 'this.next(this.join)' },
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, inner: 0, join: 1, end: 1 },
  },
  {
    name: 'nested_foreach',
    fields: 'declare x: string[]; declare y: string[]; declare z: string[];',
    steps: [
      start('this.next(this.outer, { foreach: this.x })', "this.x = ['a', 'b', 'c'];", [
        'start',
        'foreach-split',
      ]),
      {
        name: 'outer',
        roles: ['foreach-inner', 'foreach-split'],
        takes: 'item',
        prelude: "this.y = ['d', 'e'];",
        next: 'this.next(this.middle, { foreach: this.y })',
      },
      {
        name: 'middle',
        roles: ['foreach-inner', 'foreach-split'],
        takes: 'item',
        prelude: "this.z = ['f', 'g', 'h', 'i', 'j', 'k'];",
        next: 'this.next(this.leaf, { foreach: this.z })',
      },
      { name: 'leaf', roles: ['foreach-inner'], takes: 'item', next: 'this.next(this.joinZ)' },
      join('joinZ', 'this.next(this.joinY)'),
      join('joinY', 'this.next(this.joinX)'),
      join('joinX', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, outer: 3, middle: 6, leaf: 36, joinZ: 6, joinY: 3, joinX: 1, end: 1 },
  },
  {
    name: 'switch_basic',
    fields: "declare kind: 'a' | 'b' | 'c';",
    steps: [
      start(
        'this.next({ a: this.a, b: this.b, c: this.c }, { by: this.kind })',
        "this.kind = 'b' as 'a' | 'b' | 'c';",
        ['start', 'switch'],
      ),
      linear('a', 'this.next(this.after)'),
      linear('b', 'this.next(this.after)'),
      linear('c', 'this.next(this.after)'),
      linear('after', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, a: 0, b: 1, c: 0, after: 1, end: 1 },
  },
  {
    name: 'switch_nested',
    fields: "declare kind: 'a' | 'b'; declare inner: 'c' | 'd';",
    steps: [
      start('this.next({ a: this.a, b: this.b }, { by: this.kind })', "this.kind = 'b' as 'a' | 'b';", [
        'start',
        'switch',
      ]),
      linear('a', 'this.next(this.after)'),
      {
        name: 'b',
        roles: ['switch'],
        prelude: "this.inner = 'd' as 'c' | 'd';",
        next: 'this.next({ c: this.c, d: this.d }, { by: this.inner })',
      },
      linear('c', 'this.next(this.after)'),
      linear('d', 'this.next(this.after)'),
      linear('after', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, a: 0, b: 1, c: 0, d: 1, after: 1, end: 1 },
  },
  {
    name: 'branch_in_switch',
    fields: "declare kind: 'split' | 'plain';",
    steps: [
      start(
        'this.next({ split: this.fork, plain: this.plain }, { by: this.kind })',
        "this.kind = 'split' as 'split' | 'plain';",
        ['start', 'switch'],
      ),
      { name: 'fork', roles: ['branch-split'], next: 'this.next(this.a, this.b)' },
      linear('a', 'this.next(this.join)'),
      linear('b', 'this.next(this.join)'),
      join('join', 'this.next(this.after)'),
      linear('plain', 'this.next(this.after)'),
      linear('after', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, fork: 1, a: 1, b: 1, join: 1, plain: 0, after: 1, end: 1 },
  },
  {
    name: 'foreach_in_switch',
    fields: "declare kind: 'many' | 'plain'; declare items: number[];",
    steps: [
      start(
        'this.next({ many: this.fan, plain: this.plain }, { by: this.kind })',
        "this.kind = 'many' as 'many' | 'plain';",
        ['start', 'switch'],
      ),
      {
        name: 'fan',
        roles: ['foreach-split'],
        prelude: 'this.items = [1, 2];',
        next: 'this.next(this.inner, { foreach: this.items })',
      },
      { name: 'inner', roles: ['foreach-inner'], takes: 'item', next: 'this.next(this.join)' },
      join('join', 'this.next(this.after)'),
      linear('plain', 'this.next(this.after)'),
      linear('after', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, fan: 1, inner: 2, join: 1, plain: 0, after: 1, end: 1 },
  },
  {
    name: 'switch_in_branch',
    fields: "declare kind: 'x' | 'y';",
    steps: [
      start('this.next(this.a, this.b)', undefined, ['start', 'branch-split']),
      {
        name: 'a',
        roles: ['switch'],
        prelude: "this.kind = 'x' as 'x' | 'y';",
        next: 'this.next({ x: this.x, y: this.y }, { by: this.kind })',
      },
      linear('x', 'this.next(this.join)'),
      linear('y', 'this.next(this.join)'),
      linear('b', 'this.next(this.join)'),
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, a: 1, x: 1, y: 0, b: 1, join: 1, end: 1 },
  },
  {
    name: 'switch_in_foreach',
    fields: "declare items: number[]; declare kind: 'odd' | 'even';",
    steps: [
      start('this.next(this.look, { foreach: this.items })', 'this.items = [1, 2, 3, 4];', [
        'start',
        'foreach-split',
      ]),
      {
        name: 'look',
        roles: ['foreach-inner', 'switch'],
        takes: 'item',
        prelude: "this.kind = Number(item) % 2 === 1 ? 'odd' : 'even';",
        next: 'this.next({ odd: this.odd, even: this.even }, { by: this.kind })',
      },
      { name: 'odd', roles: ['foreach-inner'], next: 'this.next(this.join)' },
      { name: 'even', roles: ['foreach-inner'], next: 'this.next(this.join)' },
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, look: 4, odd: 2, even: 2, join: 1, end: 1 },
  },
  {
    name: 'recursive_switch',
    fields: "declare round: number; declare rounds: number; declare kind: 'again' | 'done';",
    steps: [
      start('this.next(this.work)', 'this.rounds = 5;'),
      ...loopSteps('after'),
      linear('after', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, work: 5, decide: 5, after: 1, end: 1 },
  },
  {
    name: 'recursive_switch_in_foreach',
    fields:
      "declare items: number[]; declare round: number; declare rounds: number; declare kind: 'again' | 'done';",
    steps: [
      start('this.next(this.each, { foreach: this.items })', 'this.items = [1, 2, 3];', [
        'start',
        'foreach-split',
      ]),
      {
        name: 'each',
        roles: ['foreach-inner'],
        takes: 'item',
        prelude: 'this.rounds = Number(item);',
        next: 'this.next(this.work)',
      },
      ...loopSteps('leave').map((step): ShapeStep => ({ ...step, roles: [...step.roles, 'foreach-inner'] })),
      { name: 'leave', roles: ['foreach-inner'], next: 'this.next(this.join)' },
      join('join', 'this.next(this.end)'),
      end,
    ],
    tasks: { start: 1, each: 3, work: 6, decide: 6, leave: 3, join: 1, end: 1 },
  },
];
