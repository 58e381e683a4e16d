/**
 * Every behaviour on every graph shape, each as a flow file that is written, run through the built command line, and
 * looked at from outside.
 */
import { describe, it } from 'vitest';

import { Leat } from '../cli/leat.ts';
import { behaviours } from './cases/index.ts';
import { shapes } from './shapes.ts';
import { flowText } from './write-flow.ts';

for (const shape of shapes) {
  describe(shape.name, () => {
    for (const behaviour of behaviours) {
      if (behaviour.appliesTo?.(shape) === false) continue;
      it.concurrent(behaviour.name, async () => {
        const leat = new Leat();
        try {
          const file = leat.write('flow.ts', flowText(shape, behaviour));
          await behaviour.check({ leat, shape, file });
        } finally {
          leat.dispose();
        }
      });
    }
  });
}
