import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';
import { hasRole, type Shape } from '../shape.ts';

const shapeFields = (shape: Shape): string[] =>
  [...shape.fields.matchAll(/declare (?<name>\w+)/g)].map((match) => match.groups?.['name'] ?? '');

/** `merge` passes on what agrees, refuses by name what differs, sets nothing when it refuses, leaves what is set already. */
export const merge: Behaviour = {
  name: 'merge',
  appliesTo: (shape) => shape.steps.some((step) => hasRole(step, 'join')),
  fields: 'declare common: string; declare own: string; declare mine: string;',
  body(step, shape) {
    if (hasRole(step, 'start')) return "this.common = 'same'; this.own = current.task; this.mine = 'start';";
    if (!hasRole(step, 'join')) return "expect(this.common === 'same', 'common'); this.own = current.task;";
    const exclude = JSON.stringify(['own', ...shapeFields(shape)]);
    return `
    if (inputs.length > 1) {
      let refused: unknown;
      try { this.merge(inputs); } catch (error) { refused = error; }
      expect((refused as { code?: string } | undefined)?.code === 'MERGE_CONFLICT', 'a conflict');
      expect(/\\bown\\b/.test(String((refused as Error).message)), 'that names own: ' + String(refused));
      expect(!Object.keys(this).includes('common'), 'nothing is set by a merge that is refused');
    }
    this.mine = 'join';
    this.merge(inputs, { exclude: ${exclude} as never });
    expect(this.mine === 'join', 'what the join set stays');
    if (inputs.length === 0) this.common = 'same';
    expect(this.common === 'same', 'common through the join');
    this.own = current.task;`;
  },
  async check({ leat, file }) {
    await leat.ok(['run', file]);
    const end = (await leat.artifacts('GeneratedFlow/1')).get('end');
    expect(end).toMatchObject({ common: 'same', own: 'GeneratedFlow/1/end' });
  },
};
