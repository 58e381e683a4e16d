import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialKeeper } from './credentials.ts';
import { keepCredentials } from './index.ts';

let folder = '';
let server: Server;
let asked: string[] = [];
/** Status of what is not answered. */
let refusal = 404;
let answer: (request: IncomingMessage, body: string) => string | undefined;
const keys = (id: string, end?: string): string =>
  JSON.stringify({
    AccessKeyId: id,
    SecretAccessKey: 'secret',
    Token: 'session',
    ...(end && { Expiration: end }),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leat-credentials-'));
  asked = [];
  refusal = 404;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    void text(request).then((body) => {
      const said = answer(request, body);
      response.writeHead(said === undefined ? refusal : 200).end(said);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const place = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const found = async (env: Readonly<Record<string, string>>) =>
  await keepCredentials({ env: { HOME: folder, ...env }, region: 'us-east-1' }).get();
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

describe('credentials', () => {
  it('are the variables first', async () => {
    const env = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_PROFILE: 'other' };
    expect(await found(env)).toMatchObject({ accessKeyId: 'id', secretAccessKey: 'secret' });
  });

  it('are those of a container, with its token', async () => {
    answer = ({ headers }) =>
      headers.authorization === 'told' ? keys('container', '2030-01-01T00:00:00Z') : undefined;
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${place()}/role`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file('token', 'told\n'),
    };
    const expiresAt = Date.parse('2030-01-01T00:00:00Z');
    expect(await found(env)).toMatchObject({ accessKeyId: 'container', sessionToken: 'session', expiresAt });
  });

  it('are asked for again while the endpoint of the container has too much to do', async () => {
    refusal = 429;
    answer = () => (asked.length > 4 ? keys('container') : undefined);
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${place()}/role` };
    expect(await found(env)).toMatchObject({ accessKeyId: 'container' });
    expect(asked).toHaveLength(5);
  });

  it('are those of a token that stands for a role', async () => {
    answer = ({ method, url }, body) =>
      `${method} ${url}` === 'POST /' &&
      body.includes('WebIdentityToken=jwt') &&
      body.includes('RoleArn=arn%3Arole')
        ? '<R><Credentials><AccessKeyId>web</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></R>'
        : undefined;
    const env = {
      AWS_WEB_IDENTITY_TOKEN_FILE: file('jwt', 'jwt'),
      AWS_ROLE_ARN: 'arn:role',
      AWS_ENDPOINT_URL: place(),
    };
    expect(await found(env)).toMatchObject({ accessKeyId: 'web', sessionToken: 't' });
  });

  it('are keys of a profile', async () => {
    const env = {
      AWS_PROFILE: 'research',
      AWS_CONFIG_FILE: file(
        'config',
        '[default]\nregion=eu-west-1\n[profile research]\nregion = eu-north-1\n',
      ),
      AWS_SHARED_CREDENTIALS_FILE: file(
        'keys',
        '[research]\naws_access_key_id = profile\naws_secret_access_key=s\n',
      ),
    };
    expect(await found(env)).toMatchObject({ accessKeyId: 'profile', secretAccessKey: 's' });
    await expect(found({ ...env, AWS_PROFILE: 'other' })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('are read anew from the file of a profile, when those of a session have ended', async () => {
    const profile = (id: string): string =>
      `[default]\naws_access_key_id = ${id}\naws_secret_access_key = s\naws_session_token = t\n`;
    const env = { HOME: folder, AWS_SHARED_CREDENTIALS_FILE: file('keys', profile('old')) };
    const keeper = keepCredentials({ env, region: 'us-east-1' });
    const old = await keeper.get();
    file('keys', profile('new'));
    expect(await keeper.get()).toBe(old);
    expect(keeper.refused(old)).toBe(true);
    expect(await keeper.get()).toMatchObject({ accessKeyId: 'new' });
  });

  it('are the role of the machine at last, by a session', async () => {
    answer = ({ method, url, headers }) => {
      if (method === 'PUT') return 'session-token';
      if (headers['x-aws-ec2-metadata-token'] !== 'session-token') return undefined;
      return url?.endsWith('/security-credentials/') ? 'role-of-machine\n' : keys('machine');
    };
    expect(await found({ AWS_EC2_METADATA_SERVICE_ENDPOINT: place() })).toMatchObject({
      accessKeyId: 'machine',
    });
    expect(asked.at(-1)).toBe('GET /latest/meta-data/iam/security-credentials/role-of-machine');
  });

  it('show no secret when a place gives something else', async () => {
    answer = () => '{"Token":"s3cret"}';
    const failure = found({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${place()}/role` });
    await expect(failure).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.not.stringContaining('s3cret'),
    });
  });

  it('are renewed before they expire, and nobody waits for that', async () => {
    let given = 0;
    const soon = {
      accessKeyId: 'a',
      secretAccessKey: 's',
      sessionToken: 't',
      expiresAt: Date.now() + 60_000,
    };
    const keeper = new CredentialKeeper([async () => ({ ...soon, accessKeyId: `id ${(given += 1)}` })], {
      env: {},
      region: 'us-east-1',
    });
    expect(await keeper.get()).toMatchObject({ accessKeyId: 'id 1' });
    // Just asked: it is not asked again at once.
    expect(await keeper.get()).toMatchObject({ accessKeyId: 'id 1' });
    expect(keeper.refused(await keeper.get())).toBe(true);
    expect(await keeper.get()).toMatchObject({ accessKeyId: 'id 2' });
    expect(keeper.refused({ accessKeyId: 'a', secretAccessKey: 's' })).toBe(false);
  });
});
