// The Batch layer keeps every promise of a layer: against a server with Batch's semantics, jobs in real containers, results in S3.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { conformanceContextIn, conformanceRequest, isMeantFor, layerConformance } from '@leat/testing';
import { computeLayer } from '@leat/aws/batch';
import { type ComputeLayer, guardLayer } from 'leat/compute';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type BatchPlace, openBatch } from './batch-place.ts';

let place: BatchPlace;
let store: Datastore;
let folder = '';
const before = { ...process.env };

beforeAll(async () => {
  place = await openBatch();
  Object.assign(process.env, place.server.env);
  folder = mkdtempSync(path.join(tmpdir(), 'leat-batch-'));
  store = await openDatastore(`s3://${place.bucket}/leat`);
}, 300_000);

afterAll(async () => {
  await store.close();
  process.env = before;
  await place.close();
  rmSync(folder, { recursive: true });
});

describe('the Batch layer keeps every promise of a layer', () => {
  const abilities = { chunks: true, loses: true, reopens: true };
  for (const { name, run } of layerConformance.filter((one) => isMeantFor(one, abilities))) {
    it(name, { timeout: 300_000 }, async () => {
      const context = await conformanceContextIn(store, path.join(folder, 'cache'));
      const { image, server } = place;
      const options = computeLayer.parseOptions({ queue: 'main', image, jobRole: server.role });
      const layer = guardLayer(await computeLayer.open(context));
      const handedOver: string[] = [];
      try {
        await run({
          layer,
          lose: async (job) => server.lose(job),
          reopen: async () => guardLayer(await computeLayer.open(context)),
          request: (behaviour, over) => {
            const request = conformanceRequest(behaviour, { options, ...over });
            handedOver.push(request.token);
            return request;
          },
        });
      } finally {
        await tidy(layer, handedOver);
      }
    });
  }
});

/** Jobs on Batch outlive their engine: what a case has left running would take the places of the next ones. */
async function tidy(layer: ComputeLayer, tokens: readonly string[]): Promise<void> {
  const left = await layer.find(tokens).catch(() => new Map<string, string>());
  await layer.cancel([...left.values()], { graceSeconds: 0 }).catch(() => undefined);
  await layer.close();
}
