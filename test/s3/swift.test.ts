/** A server that verifies signatures, and has no conditional writes: the plain part works, commits are refused before a run begins. */
import { SwiftServer } from '@leat/testing';
import { openS3Datastore } from '@leat/aws/s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepsEveryPromise } from './keeps-every-promise.ts';

let swift: SwiftServer;

beforeAll(async () => {
  swift = await SwiftServer.start();
  await swift.createBucket('leat-swift');
});
afterAll(async () => swift.stop());

describe('S3 as OpenStack Swift has it keeps the promises that need no condition', () => {
  // These create objects or logs.
  const conditional = /create|log|append|each way of writing|keys of Leat|could name a place outside/;
  keepsEveryPromise(
    'leat-swift',
    () => ({ env: swift.env }),
    (name) => conditional.test(name),
  );
});

describe('OpenStack Swift', () => {
  it('is refused as a datastore, with the reason and what to do', async () => {
    const store = openS3Datastore('s3://leat-swift/refused', { env: swift.env });
    const refused = {
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(
        /^cannot write 's3:\/\/leat-swift\/refused\/!leat\/datastore\.txt': 501 NotImplemented/,
      ),
      hint: expect.stringContaining('conditional writes'),
    };
    await expect(store.check()).rejects.toMatchObject(refused);
    await store.close();
  });

  it('takes no signature that is wrong', async () => {
    const env = { ...swift.env, AWS_SECRET_ACCESS_KEY: 'wrong' };
    const store = openS3Datastore('s3://leat-swift/signed', { env });
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('403 SignatureDoesNotMatch'),
      hint: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
    });
    await store.close();
  });
});
