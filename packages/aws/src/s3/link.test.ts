import { MotoServer } from '@leat/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openS3Datastore, type S3Datastore } from './s3-datastore.ts';

let server: MotoServer;
let store: S3Datastore;

beforeAll(async () => {
  server = await MotoServer.start();
  await server.createBucket('links');
  store = openS3Datastore('s3://links/a prefix', {
    env: { ...server.env, AWS_SESSION_TOKEN: 'a/session+token=' },
  });
}, 90_000);

afterAll(async () => {
  await store.close();
  await server.stop();
});

test('a link reads an object without credentials, whatever its key is', async () => {
  for (const key of ['tools/plain', 'tools/with space+plus%25', 'tools/žluť']) {
    await store.put(key, [Buffer.from(`bytes of ${key}`)]);
    const answer = await fetch(await store.link(key, 60));
    expect(await answer.text()).toBe(`bytes of ${key}`);
  }
});

test('a link says until when it holds, and carries the session of who signed it', async () => {
  const { searchParams } = new URL(await store.link('tools/plain', 604_800));
  expect(searchParams.get('X-Amz-Expires')).toBe('604800');
  expect(searchParams.get('X-Amz-Security-Token')).toBe('a/session+token=');
});
