import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

/** Before each test of a file, a command line of its own for one container engine; after each, no container is left. */
export function leatInContainers(given: (leat: Leat, engine: TestEngine) => void): void {
  let engine: TestEngine;
  let leat: Leat;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(async () => engine.close());
  beforeEach(() => {
    leat = new Leat(engine.environment);
    given(leat, engine);
  });
  afterEach(async () => {
    leat.dispose();
    expect(await engine.list('leat.engine'), 'no container is left').toEqual([]);
  });
}
