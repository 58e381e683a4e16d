/**
 * Requests to one bucket: signed, tried again while that may help, sent on to the region where the bucket is. It knows what S3
 * answers, and nothing of datastores. No SDK: a task's process has no time to load one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import aws4 from 'aws4';
import type { Credentials, CredentialKeeper } from './credentials/credentials.ts';
import { keepCredentials } from './credentials/index.ts';
import { regionOf, resolveEndpoint, type S3Endpoint } from './endpoint.ts';
import { type HttpAnswer, HttpConnections, type HttpLimits } from './http/exchange.ts';
import { isPassing, mostTries, waitBefore } from './http/retry.ts';
import { hashBody } from './request-body.ts';
import { type FailedCall, s3Error } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';
import { textOf } from './xml.ts';

/** One request of S3's API. */
export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Name of the object in the bucket; the bucket itself unless told. */
  readonly name?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  /** S3 begins its answer with 200 before it is done, and may tell of a failure in its body. */
  readonly mayFailLate?: true;
}

/** What S3 said in the end: it was done, or there is no such object (404), or a condition does not hold (412), or a range lies outside (416). */
export interface S3Answer extends HttpAnswer {
  /** S3's own name of an error, where it tells one. */
  readonly code: string;
  /** An earlier try had no answer that can be trusted, so this request may have been done before. */
  readonly repeated: boolean;
}

/** What a client needs. */
export interface S3ClientOptions {
  readonly location: S3Location;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly limits?: HttpLimits | undefined;
}

const answered: ReadonlySet<number> = new Set([404, 412, 416]);
const clockCodes: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired']);
const tokenCodes: ReadonlySet<string> = new Set(['ExpiredToken', 'ExpiredTokenException', 'InvalidToken']);

type Try = { readonly answer: HttpAnswer; readonly code: string } | { readonly error: Error };

export class S3Client {
  readonly #location: S3Location;
  readonly #env: S3ClientOptions['env'];
  readonly #connections: HttpConnections;
  readonly #credentials: CredentialKeeper;
  readonly #closed = new AbortController();
  #endpoint: S3Endpoint;
  /** How far the server's clock is ahead of ours. */
  #skewMs = 0;

  constructor({ location, env, limits }: S3ClientOptions) {
    this.#location = location;
    this.#env = env;
    this.#connections = new HttpConnections(limits);
    const region = regionOf(env);
    this.#endpoint = resolveEndpoint(location, env, region);
    this.#credentials = keepCredentials({ env, region });
  }

  /**
   * Sends a request until it has an answer that will not change by asking again.
   *
   * @param what for messages: `write 's3://data/leat/runs/…'`
   * @throws LeatError STORE_UNAVAILABLE for every other end
   */
  async call(what: string, call: S3Call): Promise<S3Answer> {
    let repeated = false;
    let renewed = false;
    for (let tries = 1; ; tries += 1) {
      const credentials = await this.#credentials.get();
      const tried = await this.#try(call, credentials);
      if ('answer' in tried && isFinal(tried)) return { ...tried.answer, code: tried.code, repeated };
      const failed = failedCall(tried, tries);
      // Once: when new ones are refused as well, it is not for their age.
      const mended = this.#mend(tried, renewed ? undefined : credentials);
      renewed ||= mended === 'renewed';
      const mayWork = mended !== undefined || isPassing(failed);
      if (!mayWork || this.#isLast(tries)) throw s3Error(what, failed);
      // A refusal has changed nothing; after any other end the server may have done it, or still be at it.
      repeated ||= 'error' in tried || tried.answer.status >= 500;
      if (!mended) await this.#pause(waitBefore(tries + 1, failed, Math.random()));
    }
  }

  /**
   * A URL that reads an object without credentials, for so many seconds or until the credentials that sign it end. Of the region where the
   * bucket was found; so there must have been a call before.
   */
  async link(name: string, seconds: number): Promise<string> {
    const credentials = await this.#credentials.get();
    const { secure, host, path, region } = this.#endpoint;
    const query = `X-Amz-Expires=${seconds}&X-Amz-Date=${amzDate(Date.now() + this.#skewMs)}`;
    const signed = aws4.sign(
      {
        service: 's3',
        region,
        method: 'GET',
        host,
        path: `${path}${name.split('/').map(encodeURIComponent).join('/')}?${query}`,
        signQuery: true,
      },
      keysOf(credentials),
    );
    return `${secure ? 'https' : 'http'}://${host}${String(signed.path)}`;
  }

  /** Until when links that are signed now hold: as long as the credentials. `undefined`: a session whose end nobody knows. */
  async linksEndAt(): Promise<number | undefined> {
    const { sessionToken, expiresAt } = await this.#credentials.get();
    return expiresAt ?? (sessionToken === undefined ? Infinity : undefined);
  }

  /** Ends what is under way: it fails. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#connections.close();
  }

  async #try(call: S3Call, credentials: Credentials): Promise<Try> {
    const { secure, hostname, port } = this.#endpoint;
    try {
      const { method, path, headers } = this.#sign(call, credentials);
      const { body, mayFailLate } = call;
      const begun = await this.#connections.exchange({
        method,
        path,
        headers,
        secure,
        hostname,
        port,
        signal: this.#closed.signal,
        ...(body && { body }),
      });
      const answer = mayFailLate === true ? asItEnded(begun) : begun;
      return { answer, code: answer.status < 400 ? '' : codeOf(answer) };
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #sign({ method, name = '', query = {}, headers = {}, body }: S3Call, credentials: Credentials) {
    const { host, path, region } = this.#endpoint;
    const search = Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
    const signed = aws4.sign(
      {
        service: 's3',
        region,
        method,
        // aws4 decodes this to encode it in its own way: a name's own % and + must be encoded here.
        path: `${path}${name.split('/').map(encodeURIComponent).join('/')}${search.length > 0 ? `?${search.join('&')}` : ''}`,
        headers: {
          ...headers,
          Host: host,
          'X-Amz-Date': amzDate(Date.now() + this.#skewMs),
          'X-Amz-Content-Sha256': hashBody(body, this.#endpoint.secure),
          ...(method === 'PUT' || method === 'POST' ? { 'Content-Length': lengthOf(body) } : {}),
        },
      },
      keysOf(credentials),
    );
    return { method, path: signed.path as string, headers: signed.headers as Record<string, string> };
  }

  /** What a refusal says that can be mended at once. @param credentials those that were refused, when there may be newer ones */
  #mend(tried: Try, credentials: Credentials | undefined): 'learned' | 'renewed' | undefined {
    if (this.#learn(tried)) return 'learned';
    if (credentials === undefined || !mayBeOld(tried)) return undefined;
    return this.#credentials.refused(credentials) ? 'renewed' : undefined;
  }

  /** Another region, another clock. */
  #learn(tried: Try): boolean {
    if ('error' in tried) return false;
    const { answer, code } = tried;
    const region = answer.headers['x-amz-bucket-region'] ?? textOf(answer.body.toString('utf8'), 'Region');
    if (typeof region === 'string' && answer.status < 404 && region !== this.#endpoint.region) {
      this.#endpoint = resolveEndpoint(this.#location, this.#env, region);
      return true;
    }
    if (clockCodes.has(code) && answer.headers.date !== undefined) {
      const skew = Date.parse(answer.headers.date) - Date.now();
      const differs = Math.abs(skew - this.#skewMs) > 60_000;
      this.#skewMs = skew;
      return differs;
    }
    return false;
  }

  /** Whether there is no try after this one. */
  #isLast(tries: number): boolean {
    return tries >= mostTries || this.#closed.signal.aborted;
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closed.signal }).catch(() => undefined);
  }
}

/** An answer that was begun with 200 and tells of a failure, or of nothing, is none of success. */
function asItEnded(answer: HttpAnswer): HttpAnswer {
  const failed = /^\s*(?:<\?xml[^>]*\?>)?\s*(?:<Error[\s>]|$)/.test(answer.body.toString('utf8'));
  return answer.status === 200 && failed ? { ...answer, status: 500 } : answer;
}

function isFinal({ answer, code }: Extract<Try, { readonly answer: unknown }>): boolean {
  if (answer.status >= 200 && answer.status < 300) return true;
  return answered.has(answer.status) && code !== 'NoSuchBucket';
}

/** Whether a refusal may be for credentials that have ended. The answer to HEAD has no body that could tell the reason. */
function mayBeOld(tried: Try): boolean {
  if ('error' in tried) return false;
  const { answer, code } = tried;
  return tokenCodes.has(code) || (code === '' && (answer.status === 400 || answer.status === 403));
}

function failedCall(tried: Try, tries: number): FailedCall {
  if ('error' in tried) {
    const { error } = tried;
    // That of what was called off is a number.
    const { code } = error as { readonly code?: unknown };
    return {
      status: undefined,
      code: typeof code === 'string' ? code : '',
      message: error.message,
      tries,
      cause: error,
    };
  }
  const { answer, code } = tried;
  const message = textOf(answer.body.toString('utf8'), 'Message') ?? '';
  const seconds = Number(answer.headers['retry-after']);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  return { status: answer.status, code, message, tries, retryAfterMs };
}

const codeOf = ({ body }: HttpAnswer): string => textOf(body.toString('utf8', 0, 4096), 'Code') ?? '';

const lengthOf = (body: readonly Uint8Array[] = []): number =>
  body.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** `20261127T213000Z`. */
const amzDate = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');

/** Without a session there must be no such field. */
const keysOf = ({ accessKeyId, secretAccessKey, sessionToken }: Credentials): aws4.Credentials => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken === undefined ? {} : { sessionToken }),
});
