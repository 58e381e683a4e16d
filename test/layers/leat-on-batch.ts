import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { type BatchPlace, openBatch } from './batch-place.ts';

/** Batch for all tests of a file and, before each of them, a command line of its own; results are kept in this folder of the bucket. */
export function leatOnBatch(folder: string, given: (leat: Leat, place: BatchPlace) => void): void {
  let place: BatchPlace;
  let leat: Leat;
  beforeAll(async () => {
    place = await openBatch();
  }, 300_000);
  afterAll(async () => place.close());
  beforeEach(() => {
    leat = new Leat({ ...place.environment, LEAT_DATASTORE: `s3://${place.bucket}/${folder}` });
    given(leat, place);
  });
  afterEach(() => leat.dispose());
}
