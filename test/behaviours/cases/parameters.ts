import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

const note = ' two words, "quoted" & $HOME — ünï ';

/** Parameters of several kinds reach every task as they were given, whatever is between it and the command line. */
export const parameters: Behaviour = {
  name: 'parameters',
  // How they travel does not depend on edges.
  appliesTo: ({ name }) => name === 'linear' || name === 'small_foreach',
  fields: `note = parameter(String); sizes = parameter([Number]); ratio = parameter(1);
  declare seen: unknown;`,
  body: () => 'this.seen = [this.note, this.sizes, this.ratio];',
  async check({ leat, file }) {
    await leat.ok(['run', file, '--note', note, '--sizes', '3,-4,0.5', '--ratio', '1e-3']);
    for (const [task, { seen }] of await leat.artifacts('GeneratedFlow/1'))
      expect(seen, task).toEqual([note, [3, -4, 0.5], 0.001]);
  },
};
