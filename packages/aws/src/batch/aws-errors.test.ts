import { expect, test } from 'vitest';
import { faultOf } from './aws-errors.ts';
import { awsError } from './simulated-batch.fixture.ts';

test.each<[Error, string]>([
  [awsError('TooManyRequestsException', 429), 'busy'],
  [awsError('ThrottlingException', 400), 'busy'],
  [awsError('ServerException', 500), 'unreachable'],
  [awsError('ServiceUnavailable', 503), 'unreachable'],
  [awsError('TimeoutError', undefined), 'unreachable'],
  [Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }), 'unreachable'],
  [Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' }), 'unreachable'],
  [awsError('SyntaxError', 200), 'unreachable'],
  [awsError('ExpiredTokenException', 403), 'login'],
  [awsError('CredentialsProviderError', undefined), 'login'],
  [awsError('ClientException', 400), 'refused'],
  [awsError('AccessDeniedException', 403), 'refused'],
  // Of this side: asking again changes nothing.
  [new TypeError('x is not a function'), 'refused'],
  [new Error('Region is missing'), 'refused'],
])('%s: %s', (error, expected) => {
  expect(faultOf(error)).toBe(expected);
});
