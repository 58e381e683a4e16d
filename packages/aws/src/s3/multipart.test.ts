import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { partBytes } from './multipart.ts';
import { openS3Datastore, type S3Datastore } from './s3-datastore.ts';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
const done = `${declaration}<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>`;
const failed = `${declaration}   <Error><Code>InternalError</Code><Message>We failed.</Message></Error>`;

// What S3 documents of CompleteMultipartUpload and no stand-in does: its answer may begin with 200 and end with an error.
let server: Server;
let store: S3Datastore;
let completions: readonly string[];
let asked: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { method, url = '' } = request;
      if (method === 'POST' && url.includes('uploads=')) return response.end('<R><UploadId>u</UploadId></R>');
      if (method === 'POST') return response.end(completions[asked++] ?? failed);
      return response.writeHead(method === 'DELETE' ? 204 : 200, { etag: '"e"' }).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  store = openS3Datastore('s3://large/x', {
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
    },
  });
});
afterAll(async () => {
  await store.close();
  server.close();
});
beforeEach(() => {
  asked = 0;
});

async function* twoParts(): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(partBytes + 1);
}

it.each([
  ['tells of a failure after all', failed],
  ['ends before it says anything', ''],
])('an upload whose completion begins well and %s is completed again', async (_, answer) => {
  completions = [answer, answer, done];
  await store.putStream('k', twoParts());
  expect(asked).toBe(3);
});
