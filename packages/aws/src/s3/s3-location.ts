import { LeatError } from 'leat/datastore';

/** Where a datastore lies in S3. */
export interface S3Location {
  readonly bucket: string;
  /** Before each key: empty, or ending in `/`. */
  readonly prefix: string;
  /** `s3://bucket/prefix`, without a `/` at its end. */
  readonly url: string;
}

// As AWS names general purpose buckets, and the longer and upper-case names that old buckets and other servers have.
const bucketName = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

/**
 * The parts of `s3://bucket/prefix`.
 *
 * @throws LeatError OPTION_INVALID when it is no such URL
 * @example parseS3Url('s3://data/leat') // { bucket: 'data', prefix: 'leat/', url: 's3://data/leat' }
 */
export function parseS3Url(text: string): S3Location {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]*)\/*(.*?)\/*$/s.exec(text) ?? [];
  if (!bucketName.test(bucket))
    throw invalid(text, bucket === '' ? 'it names no bucket' : `no bucket can be called '${bucket}'`);
  // oxlint-disable-next-line no-control-regex -- they cannot stand in the XML that S3 lists keys in
  if (/[\u0000-\u001f\u007f\\?#]|(^|\/)\.{0,2}(\/|$)/.test(path) && path !== '')
    throw invalid(text, 'the prefix may not hold control characters, ?, #, \\, or empty, . and .. parts');
  return { bucket, prefix: path === '' ? '' : `${path}/`, url: `s3://${bucket}${path && `/${path}`}` };
}

const invalid = (text: string, reason: string): LeatError =>
  new LeatError('OPTION_INVALID', `'${text}' is no place for a datastore in S3: ${reason}`, {
    hint: 'Write it as s3://BUCKET/PREFIX. The endpoint of another server than AWS is told by AWS_ENDPOINT_URL_S3.',
  });
