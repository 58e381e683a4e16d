import { describe, expect, it } from 'vitest';
import { accessFor } from './access.ts';
import type { Credentials } from './credentials/credentials.ts';

const now = 1_000_000;
const found: Credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
const access = async (env: Readonly<Record<string, string>>, credentials: Credentials = found) =>
  accessFor('/place', { env, credentials: { get: async () => credentials }, now });

describe('what a task in a place of its own is told of S3', () => {
  it('are the keys that this process was told by variables, where S3 is, and nothing else', async () => {
    const keys = {
      AWS_ACCESS_KEY_ID: 'told',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'session',
    };
    const where = { AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: 'https://s3.example:9000' };
    const others = { AWS_PROFILE: 'work', AWS_SHARED_CREDENTIALS_FILE: '/home/ann/keys', HOME: '/home/ann' };
    expect(await access({ ...keys, ...where, ...others })).toEqual({
      environment: { ...keys, ...where },
      files: {},
      onLoopback: false,
    });
  });

  it('are keys of another place in a file, as AWS’s tools read it', async () => {
    const env = { AWS_PROFILE: 'work', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'alone' };
    expect(await access(env, { ...found, sessionToken: 'session', expiresAt: now + 3_600_000 })).toEqual({
      environment: {
        AWS_REGION: 'eu-west-1',
        AWS_PROFILE: 'default',
        AWS_SHARED_CREDENTIALS_FILE: '/place/credentials',
        AWS_CONFIG_FILE: '/place/config',
      },
      files: {
        credentials:
          '[default]\naws_access_key_id = id\naws_secret_access_key = secret\naws_session_token = session\n',
        config: '[default]\n',
      },
      renewAt: now + 3_300_000,
      onLoopback: false,
    });
  });

  it('are asked for again soon, when they are about to end', async () => {
    expect(await access({}, { ...found, expiresAt: now + 60_000 })).toMatchObject({ renewAt: now + 40_000 });
    expect(await access({}, found)).not.toHaveProperty('renewAt');
  });

  it.each([
    ['http://127.0.0.1:9000', true],
    ['http://localhost:9000', true],
    ['http://[::1]:9000', true],
    ['https://s3.example.com', false],
    ['http://127.example.com', false],
    ['nonsense', false],
  ])('at %s: it is this machine alone: %s', async (AWS_ENDPOINT_URL, onLoopback) => {
    expect(await access({ AWS_ENDPOINT_URL })).toMatchObject({ onLoopback });
  });
});
