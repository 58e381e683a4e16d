/** What S3, the network and the credentials say, in the words of a user: what was tried, why it failed, what to do. */
import { isLeatError, LeatError } from 'leat/datastore';
import type { FailedTry } from './http/retry.ts';

/** A request that did not work, after all its tries. */
export interface FailedCall extends FailedTry {
  /** What S3 said about it, or Node. */
  readonly message: string;
  readonly tries: number;
  readonly cause?: unknown;
}

const network =
  'Check the network, and AWS_ENDPOINT_URL_S3 if the datastore is not on AWS. What was committed stays: `leat recover` or `leat resume` goes on.';
const busy =
  'The server is overloaded or has trouble. What was committed stays: `leat recover` or `leat resume` goes on when it answers again.';
const refused =
  'The credentials need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on the objects, and s3:ListBucket and s3:ListBucketMultipartUploads on the bucket.';
const signature =
  'Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the region, and the clock of this machine.';

/** For servers that do not know `If-None-Match`, or take no notice of it. */
export const unconditional =
  'Leat commits results with conditional writes (If-None-Match, If-Match): AWS, MinIO, Ceph from 19, Cloudflare R2, SeaweedFS and others have them. Use another server, or a folder.';

const hints: Readonly<Record<string, string>> = {
  NoSuchBucket: 'Create the bucket first, or mend the name in the URL of the datastore.',
  AccessDenied: refused,
  AllAccessDisabled: refused,
  InvalidAccessKeyId: signature,
  SignatureDoesNotMatch: signature,
  RequestTimeTooSkewed: signature,
  AuthorizationHeaderMalformed: signature,
  ExpiredToken: 'The credentials have expired: log in again, or get new ones.',
  InvalidToken: 'The credentials have expired: log in again, or get new ones.',
  NotImplemented: unconditional,
  ENOTFOUND: 'No server has that name. Check AWS_ENDPOINT_URL_S3, AWS_REGION and the name of the bucket.',
};

function hintOf({ code, status }: FailedCall): string {
  const known = hints[code];
  if (known !== undefined) return known;
  if (status === undefined) return network;
  if (status === 403 || status === 401) return refused;
  if (status === 501) return unconditional;
  if (status >= 500 || status === 429) return busy;
  return 'Check the URL of the datastore and AWS_ENDPOINT_URL_S3.';
}

/** @param what the call and its object: `write 's3://data/leat/runs/…'` */
export function s3Error(what: string, failed: FailedCall): LeatError {
  const { status, code, message, tries, cause } = failed;
  if (isLeatError(cause)) return cause;
  const said = [status, code, message].filter((part) => part !== undefined && part !== '').join(' ');
  const often = tries > 1 ? ` (tried ${tries} times)` : '';
  return new LeatError('STORE_UNAVAILABLE', `cannot ${what}: ${said}${often}`, {
    hint: hintOf(failed),
    cause,
    details: { ...(status === undefined ? {} : { status }), ...(code === '' ? {} : { code }) },
  });
}
