import { expect } from 'vitest';

import { countBySteps } from '../../cli/leat.ts';
import type { Behaviour } from '../behaviour.ts';
import { hasRole } from '../shape.ts';

/** A value set in `start` is seen by every later step, through joins; the tasks are those that the shape predicts. */
export const artifacts: Behaviour = {
  name: 'artifacts pass through',
  fields: 'declare data: { text: string; when: Date };',
  body(step) {
    if (hasRole(step, 'start')) return "this.data = { text: 'abc', when: new Date(0) };";
    const look =
      "expect(this.data.text === 'abc' && this.data.when.getTime() === 0, 'data as start set it');";
    if (!hasRole(step, 'join')) return look;
    return `
    for (const one of inputs) expect(one.data.text === 'abc', 'data in each input');
    if (inputs.length > 0) this.merge(inputs, { include: ['data'] });
    else this.data = { text: 'abc', when: new Date(0) };
    ${look}`;
  },
  async check({ leat, shape, file }) {
    await leat.ok(['run', file]);
    const wanted = Object.fromEntries(Object.entries(shape.tasks).filter(([, count]) => count > 0));
    expect(countBySteps(await leat.tasks('GeneratedFlow/1'))).toEqual(wanted);
    for (const [task, values] of await leat.artifacts('GeneratedFlow/1')) {
      expect(values['data'], task).toMatchObject({ text: 'abc' });
    }
  },
};
