import { describe, expect, test } from 'vitest';
import { makeScenario } from './scenario.fixture.ts';
import { simulate, tellFailure } from './simulate.fixture.ts';

/** A few; `npm test` simulates a thousand, and `npm run simulate` as many as you like. */
const seeds = Array.from({ length: 25 }, (_, at) => at + 1);

describe('the engine in a world where everything goes wrong', () => {
  test.for(seeds)('comes to the predicted results: seed %i', async (seed) => {
    const outcome = await simulate(seed);
    if ('failure' in outcome) expect.fail(await tellFailure(seed));
  });

  test('does the same for the same seed', async () => {
    const stories = [[], []] as [string[], string[]];
    for (const story of stories) await simulate(15, { story });
    expect(stories[0].length).toBeGreaterThan(100);
    expect(stories[0]).toStrictEqual(stories[1]);
  });

  test('leaves what is left out, and the rest as it was', () => {
    const whole = makeScenario(5);
    const part = makeScenario(5, new Set(['crashes', 'storms']));
    expect(part.storms).toStrictEqual([]);
    expect(part.flow).toStrictEqual(whole.flow);
    expect(part.stores).toStrictEqual(whole.stores);
  });
});
