import { describe, expect, it } from 'vitest';
import { storeEnvironment, storeNetwork } from './store-access.ts';

const env = {
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
  AWS_SHARED_CREDENTIALS_FILE: '/home/ann/credentials',
  AWS_PROFILE: 'work',
  HOME: '/home/ann',
  AWS_SESSION_TOKEN: undefined,
};

describe('the way to a datastore', () => {
  it('a folder needs none', () => {
    expect(storeEnvironment('file:///data', env)).toEqual({});
    expect(storeNetwork('file:///data', env)).toBeUndefined();
  });

  it('S3 needs where it is and who asks, and nothing else of the engine', () => {
    expect(storeEnvironment('s3://bucket/prefix', env)).toEqual({
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
    });
  });

  it.each([
    ['http://127.0.0.1:9000', 'host'],
    ['http://localhost:9000', 'host'],
    ['http://[::1]:9000', 'host'],
    ['https://s3.example.com', undefined],
    ['http://127.example.com', undefined],
    ['nonsense', undefined],
  ])('at %s: the network is %s', (AWS_ENDPOINT_URL, network) => {
    expect(storeNetwork('s3://b', { AWS_ENDPOINT_URL })).toBe(network);
  });
});
