/** A server that verifies signatures and has conditional writes, over files on this machine's disk. */
import { VersityServer } from '@leat/testing';
import { openS3Datastore } from '@leat/aws/s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepsEveryPromise } from './keeps-every-promise.ts';

let versity: VersityServer;

beforeAll(async () => {
  versity = await VersityServer.start();
  versity.createBucket('leat-versity');
});
afterAll(async () => versity.stop());

describe("S3 as Versity's gateway has it keeps every promise of a datastore", () => {
  keepsEveryPromise('leat-versity', () => ({ env: versity.env }));
});

it('is a place for a datastore, for who has the right keys', async () => {
  const store = openS3Datastore('s3://leat-versity/checked', { env: versity.env });
  await expect(store.check()).resolves.toBeUndefined();
  await store.close();
  const env = { ...versity.env, AWS_SECRET_ACCESS_KEY: 'wrong' };
  const stranger = openS3Datastore('s3://leat-versity/checked', { env });
  await expect(stranger.get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  await stranger.close();
});
