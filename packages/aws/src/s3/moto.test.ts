import { datastoreConformance, MotoServer } from '@leat/testing';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { openS3Datastore, type S3Datastore } from './s3-datastore.ts';

let moto: MotoServer;
let number = 0;
const opened: S3Datastore[] = [];

beforeAll(async () => {
  moto = await MotoServer.start();
  await moto.createBucket('leat-tests');
}, 120_000);
afterAll(async () => moto.stop());
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

describe('S3 as moto has it keeps every promise of a datastore', () => {
  for (const { name, run } of datastoreConformance) {
    it(
      name,
      async () => {
        number += 1;
        const connect = async () => {
          const store = openS3Datastore(`s3://leat-tests/conformance/${number}`, { env: moto.env });
          opened.push(store);
          return store;
        };
        await run({ store: await connect(), connect });
      },
      120_000,
    );
  }
});
