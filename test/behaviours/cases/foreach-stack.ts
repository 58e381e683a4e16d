import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';
import { hasRole } from '../shape.ts';

/** Inside a foreach every step knows its items and indexes; a join gets its inputs in the order of the split. */
export const foreachStack: Behaviour = {
  name: 'foreach stack',
  appliesTo: (shape) => shape.steps.some((step) => hasRole(step, 'foreach-inner')),
  fields: 'declare stack: [string, number, unknown][]; declare order: number[];',
  body(step) {
    const record = 'this.stack = this.foreachStack.map((level) => [level.step, level.index, level.item]);';
    if (hasRole(step, 'join')) return 'this.order = inputs.map((one) => one.index as number);';
    if (!hasRole(step, 'foreach-inner')) return record;
    return `${record}
    expect(this.index === current.path.at(-1), 'index is the last of the path');
    expect(this.input === this.stack.at(-1)?.[2], 'input is the innermost item');
    ${step.takes === 'item' ? "expect(item === this.input, 'the argument is the item');" : ''}`;
  },
  async check({ leat, file }) {
    await leat.ok(['run', file]);
    for (const [task, values] of await leat.artifacts('GeneratedFlow/1')) {
      const path = (/\[(?<path>.*)\]/.exec(task)?.groups?.['path'] ?? '')
        .split(',')
        .filter(Boolean)
        .map(Number);
      const stack = values['stack'] as [string, number, unknown][] | undefined;
      const order = values['order'] as number[] | undefined;
      if (order === undefined)
        expect(
          stack?.map((level) => level[1]),
          task,
        ).toEqual(path);
      else if (order.some((index) => index !== undefined && index !== null))
        expect(order, task).toEqual(order.map((_, i) => i));
    }
  },
};
