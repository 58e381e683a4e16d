/** What a failed call to AWS means. Pure. */

/**
 * - `busy`: too many calls; it was not carried out, and may be later.
 * - `unreachable`: no answer, or a fault of the service; it may have been carried out.
 * - `login`: the credentials are missing or have expired; not carried out.
 * - `refused`: it will not be carried out, however often it is asked.
 */
export type AwsFault = 'busy' | 'unreachable' | 'login' | 'refused';

/** The fields of the SDK's errors that tell. */
interface AwsError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: { readonly throttling?: boolean };
}

const busyNames: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'BandwidthLimitExceeded',
  'LimitExceededException',
  'PriorRequestNotComplete',
]);

const loginNames: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenRefreshRequired',
  'CredentialsProviderError',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);

/** @example faultOf(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })) // 'unreachable' */
export function faultOf(error: unknown): AwsFault {
  const { name, $metadata, $retryable } = (error ?? {}) as AwsError;
  const status = $metadata?.httpStatusCode;
  const word = typeof name === 'string' ? name : '';
  if (status === 429 || $retryable?.throttling === true || busyNames.has(word)) return 'busy';
  if (loginNames.has(word)) return 'login';
  return isUnanswered(error as AwsError, word) ? 'unreachable' : 'refused';
}

/** Anything that has no answer of AWS and is not of the network is a mistake on this side: no region, a request that cannot be written. */
function isUnanswered({ code, $metadata }: AwsError, name: string): boolean {
  // An answer that cannot be read is that of something between us and AWS.
  if (name === 'SyntaxError') return true;
  const status = $metadata?.httpStatusCode;
  if (status !== undefined) return status >= 500 || status === 408;
  return networkNames.has(name) || (typeof code === 'string' && networkCodes.test(code));
}

const networkNames: ReadonlySet<string> = new Set([
  'TimeoutError',
  'AbortError',
  'NetworkingError',
  'ECONNRESET',
]);
const networkCodes =
  /^(?:E(?:CONN\w+|TIMEDOUT|PIPE|NOTFOUND|HOSTUNREACH|NETUNREACH|AI_AGAIN|PROTO)|UND_ERR_\w+|ERR_(?:SSL|TLS|HTTP2)\w*|HPE_\w+)$/;

/** One line for people. */
export const messageOf = (error: unknown): string => {
  const { name, message } = (error ?? {}) as AwsError;
  const text = typeof message === 'string' ? message : String(error);
  const word = typeof name === 'string' && name !== 'Error' ? name : '';
  return word === '' || text.startsWith(word) ? text : `${word}: ${text}`;
};
