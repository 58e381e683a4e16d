import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { S3Client } from './s3-client.ts';
import { parseS3Url } from './s3-location.ts';

let server: Server;
let client: S3Client;
/** Sessions that requests to the bucket were signed with, and how often new ones were asked for. */
let sessions: string[] = [];
let given = 0;
let answer: (session: string, response: ServerResponse) => void;

beforeEach(async () => {
  sessions = [];
  given = 0;
  server = createServer((request: IncomingMessage, response) => {
    if (request.url === '/role') {
      given += 1;
      response.end(
        JSON.stringify({ AccessKeyId: 'id', SecretAccessKey: 'secret', Token: `session-${given}` }),
      );
      return;
    }
    const session = String(request.headers['x-amz-security-token']);
    sessions.push(session);
    answer(session, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const place = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    AWS_ENDPOINT_URL: place,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${place}/role`,
    AWS_REGION: 'us-east-1',
    HOME: '/nowhere',
  };
  client = new S3Client({ location: parseS3Url('s3://data/leat'), env });
});

afterEach(async () => {
  await client.close();
  server.close();
});

const head = async () => client.call("read 's3://data/leat/x'", { method: 'HEAD', name: 'leat/x' });

describe('a refusal that may be for the age of the credentials', () => {
  it('is asked about once more with new ones', async () => {
    answer = (session, response) => response.writeHead(session === 'session-1' ? 403 : 200).end();
    expect((await head()).status).toBe(200);
    expect(sessions).toEqual(['session-1', 'session-2']);
  });

  it('is final when new ones are refused as well: nobody asks for credentials a dozen times', async () => {
    answer = (_, response) => response.writeHead(403).end();
    await expect(head()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(sessions).toEqual(['session-1', 'session-2']);
    expect(given).toBe(2);
  });

  it.each(['ExpiredToken', 'InvalidToken'])(
    'is final, also for %s, when the place gives none that hold',
    async (code) => {
      answer = (_, response) => response.writeHead(400).end(`<Error><Code>${code}</Code></Error>`);
      const get = client.call("read 's3://data/leat/x'", { method: 'GET', name: 'leat/x' });
      await expect(get).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(given).toBe(2);
    },
  );
});
