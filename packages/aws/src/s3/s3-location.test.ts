import { describe, expect, it } from 'vitest';
import { parseS3Url } from './s3-location.ts';

describe('parseS3Url', () => {
  it.each([
    ['s3://data/leat', { bucket: 'data', prefix: 'leat/', url: 's3://data/leat' }],
    ['s3://data', { bucket: 'data', prefix: '', url: 's3://data' }],
    ['s3://data///', { bucket: 'data', prefix: '', url: 's3://data' }],
    [
      's3://my.old_Bucket/a b/ü/',
      { bucket: 'my.old_Bucket', prefix: 'a b/ü/', url: 's3://my.old_Bucket/a b/ü' },
    ],
  ])('reads %s', (text, location) => {
    expect(parseS3Url(text)).toEqual(location);
  });

  it.each([
    's3://',
    's3:///leat',
    's3://a',
    's3://-data/x',
    's3://data/a//b',
    's3://data/../b',
    's3://data/x?y=1',
    's3:data',
  ])('refuses %s', (text) => {
    expect(() => parseS3Url(text)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(`'${text}'`) }),
    );
  });
});
