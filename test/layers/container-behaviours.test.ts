/** Flows of the behaviour suite, unchanged, in containers. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { flowText } from '../behaviours/write-flow.ts';
import { chosenBehaviours, isAllWanted } from './chosen-behaviours.ts';
import { LeatOnLayer } from './leat-on-layer.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

let engine: TestEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(async () => engine.close());

// All of them are too many to run one by one.
describe('in containers', { concurrent: isAllWanted, timeout: isAllWanted ? 900_000 : 180_000 }, () => {
  for (const { shape, behaviour } of chosenBehaviours('container')) {
    it(`${behaviour.name}, on ${shape.name}`, async () => {
      const leat = new LeatOnLayer('container:network=none', engine.environment);
      try {
        const file = leat.write('flow.ts', flowText(shape, behaviour));
        await behaviour.check({ leat, shape, file });
      } finally {
        leat.dispose();
      }
    });
  }
});
