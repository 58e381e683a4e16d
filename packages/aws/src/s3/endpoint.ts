import type { S3Location } from './s3-location.ts';
import { LeatError } from 'leat/datastore';

/** Where requests for one bucket go. */
export interface S3Endpoint {
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** As the header `Host` tells it. */
  readonly host: string;
  /** Before each key, with `/` at its end. */
  readonly path: string;
  readonly region: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a bucket is unless something says otherwise; AWS corrects it in its answer. */
const defaultRegion = 'us-east-1';

/** `AWS_REGION`, else `AWS_DEFAULT_REGION`, else the one of AWS's oldest buckets. */
export const regionOf = (env: Environment): string =>
  env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || defaultRegion;

/** The server that is not AWS's own, when one is named. */
export const endpointOf = (env: Environment): string | undefined =>
  env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || undefined;

/**
 * Where requests go: to the server that `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names, with the bucket in the path; else to
 * AWS, with the bucket in the name of the host as AWS asks for.
 *
 * @throws LeatError OPTION_INVALID for an endpoint that is no URL
 */
export function resolveEndpoint({ bucket }: S3Location, env: Environment, region: string): S3Endpoint {
  const told = endpointOf(env);
  if (told) return toldEndpoint(told, bucket, region);
  const server = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  // A certificate for *.s3.…amazonaws.com covers no further dots, and a host name no capitals.
  const inHost = /^[a-z0-9-]{3,63}$/.test(bucket);
  const hostname = inHost ? `${bucket}.${server}` : server;
  return { secure: true, hostname, port: 443, host: hostname, path: inHost ? '/' : `/${bucket}/`, region };
}

function toldEndpoint(told: string, bucket: string, region: string): S3Endpoint {
  const url = URL.parse(told);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new LeatError(
      'OPTION_INVALID',
      `the endpoint of S3 is '${told}', which is no http: or https: URL`,
      {
        hint: 'Set AWS_ENDPOINT_URL_S3 to something like https://s3.example:9000, or unset it to use AWS.',
      },
    );
  }
  const secure = url.protocol === 'https:';
  return {
    secure,
    hostname: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    host: url.host,
    path: `${url.pathname.replace(/\/$/, '')}/${bucket}/`,
    region,
  };
}
