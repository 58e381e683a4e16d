/** Flows of the behaviour suite, unchanged, as jobs of Batch: in real containers, with results in S3. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { flowText } from '../behaviours/write-flow.ts';
import { type BatchPlace, openBatch } from './batch-place.ts';
import { chosenBehaviours } from './chosen-behaviours.ts';
import { LeatOnLayer } from './leat-on-layer.ts';

let place: BatchPlace;
beforeAll(async () => {
  place = await openBatch();
}, 300_000);
afterAll(async () => place.close());

describe('on Batch', { timeout: 600_000 }, () => {
  for (const [at, { shape, behaviour }] of chosenBehaviours('batch').entries()) {
    // A run waits more than it works: for the next answer about its jobs.
    it.concurrent(`${behaviour.name}, on ${shape.name}`, async () => {
      const leat = new LeatOnLayer('batch:memory=300', {
        ...place.environment,
        LEAT_DATASTORE: `s3://${place.bucket}/${at}`,
      });
      try {
        const file = leat.write('flow.ts', flowText(shape, behaviour));
        await behaviour.check({ leat, shape, file });
      } finally {
        leat.dispose();
      }
    });
  }
});
