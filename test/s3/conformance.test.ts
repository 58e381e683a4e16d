import { MotoServer } from '@leat/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepsEveryPromise } from './keeps-every-promise.ts';
import { openS3Datastore } from '@leat/aws/s3';

let moto: MotoServer;

beforeAll(async () => {
  moto = await MotoServer.start();
  await moto.createBucket('leat-tests');
}, 120_000);
afterAll(async () => moto.stop());

describe('S3 as moto has it keeps every promise of a datastore', () => {
  keepsEveryPromise('leat-tests', () => ({ env: moto.env }));
});

describe('a datastore in S3', () => {
  it('is checked with two requests at first, and with one from then on', async () => {
    const store = openS3Datastore('s3://leat-tests/checked', { env: moto.env });
    await store.check();
    await store.check();
    expect(await Array.fromAsync(store.list(''))).toEqual([]);
    await store.close();
  });

  it('says that a bucket is not there', async () => {
    const store = openS3Datastore('s3://leat-nowhere/x', { env: moto.env });
    const failure = {
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining("'s3://leat-nowhere/x/a': 404 NoSuchBucket"),
      hint: 'Create the bucket first, or mend the name in the URL of the datastore.',
    };
    await expect(store.get('a')).rejects.toMatchObject(failure);
    await expect(store.put('a', [])).rejects.toMatchObject(failure);
    await expect(store.create('a', [])).rejects.toMatchObject(failure);
    expect(() => store.getSync('a')).toThrow(expect.objectContaining(failure));
    await store.close();
  });

  it('says that there are no credentials, and shows none', async () => {
    const env = { AWS_ENDPOINT_URL: moto.endpoint, AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' };
    const store = openS3Datastore('s3://leat-tests/x', { env });
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'there are no credentials of AWS to reach the datastore with',
    });
    await store.close();
  });

  it('removes uploads that never ended, and parts of logs that are gone', async () => {
    const store = openS3Datastore('s3://leat-tests/swept', { env: moto.env });
    const begun = await fetch(`${moto.endpoint}/leat-tests/swept/half?uploads`, { method: 'POST' });
    expect(begun.ok).toBe(true);
    for (let piece = 0; piece < 4; piece += 1) await store.append('log', new Uint8Array(50_000));
    const later = Date.now() + 60_000;
    expect(await store.sweepTemporary({ olderThan: later, dryRun: true })).toEqual({ objects: 1, bytes: 0 });
    // As somebody's console does it: that object, and nothing that belongs to it.
    const console = openS3Datastore('s3://leat-tests', { env: moto.env });
    await console.delete(['swept/log']);
    await console.close();
    expect(await store.sweepTemporary({ olderThan: 1_000, dryRun: false })).toEqual({ objects: 0, bytes: 0 });
    const found = { objects: 2, bytes: 100_000 };
    expect(await store.sweepTemporary({ olderThan: later, dryRun: true })).toEqual(found);
    expect(await store.sweepTemporary({ olderThan: later, dryRun: false })).toEqual(found);
    expect(await store.sweepTemporary({ olderThan: later, dryRun: false })).toEqual({ objects: 0, bytes: 0 });
    await store.close();
  });

  it('ends what is under way when it is closed', async () => {
    const env = { ...moto.env, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const store = openS3Datastore('s3://leat-tests/x', { env });
    const reading = store.get('a');
    await store.close();
    await expect(reading).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
