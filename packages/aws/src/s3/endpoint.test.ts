import { describe, expect, it } from 'vitest';
import { regionOf, resolveEndpoint } from './endpoint.ts';
import { parseS3Url } from './s3-location.ts';

const endpoint = (url: string, env: Readonly<Record<string, string>> = {}) =>
  resolveEndpoint(parseS3Url(url), env, regionOf(env));

describe('the endpoint of a bucket', () => {
  it.each([
    ['s3://data', {}, 'data.s3.us-east-1.amazonaws.com', '/'],
    ['s3://data', { AWS_REGION: 'eu-north-1' }, 'data.s3.eu-north-1.amazonaws.com', '/'],
    ['s3://data', { AWS_DEFAULT_REGION: 'cn-north-1' }, 'data.s3.cn-north-1.amazonaws.com.cn', '/'],
    // No certificate of AWS covers names with dots.
    ['s3://data.example', {}, 's3.us-east-1.amazonaws.com', '/data.example/'],
    ['s3://data', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9000' }, '127.0.0.1:9000', '/data/'],
    ['s3://data', { AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'https://b/s3/' }, 'b', '/s3/data/'],
  ])('of %s with %o is %s', (url, env, host, path) => {
    expect(endpoint(url, env)).toMatchObject({ host, path });
  });

  it('is refused when it is no URL', () => {
    expect(() => endpoint('s3://data', { AWS_ENDPOINT_URL: 'localhost:9000' })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        hint: expect.stringContaining('AWS_ENDPOINT_URL_S3'),
      }),
    );
  });
});
