import { LeatError } from 'leat/datastore';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HttpAnswer, HttpConnections, type HttpRequest } from '../http/exchange.ts';
import { isPassing, waitBefore } from '../http/retry.ts';
import type { Credentials } from './credentials.ts';

/** These places are near and answer at once, or are not there. */
const limits = { connect: 2_000, idle: 5_000, whole: 10_000 };
/**
 * ECS answers 40 questions a second for all tasks of an instance, and refuses the rest: many that begin together ask again until all have been
 * answered, which takes up to half a minute.
 */
const mostTries = 10;

/** A place that credentials come from over HTTP. */
export interface AskedPlace {
  /** For messages: what it is, and where. */
  readonly name: string;
  readonly url: URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How often it is asked; fewer where it may well not be there. */
  readonly tries?: number;
}

/** Asks a few times. @throws LeatError STORE_UNAVAILABLE naming the place, when it says anything but 200 */
export async function ask(place: AskedPlace): Promise<HttpAnswer> {
  const connections = new HttpConnections(limits);
  try {
    for (let next = 2; ; next += 1) {
      const answer = await connections.exchange(requestOf(place)).catch((error: unknown) => error as Error);
      if (!(answer instanceof Error) && answer.status === 200) return answer;
      const failed = failureOf(answer);
      if (next > (place.tries ?? mostTries) || !isPassing(failed)) throw noCredentials(place, answer);
      await sleep(waitBefore(next, failed, Math.random()));
    }
  } finally {
    connections.close();
  }
}

function requestOf({ url, method = 'GET', headers = {}, body }: AskedPlace): HttpRequest {
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const secure = url.protocol === 'https:';
  return {
    method,
    secure,
    hostname: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 443 : 80),
    path: url.pathname + url.search,
    headers: {
      accept: 'application/json',
      ...headers,
      ...(bytes !== undefined && { 'content-length': String(bytes.byteLength) }),
    },
    ...(bytes !== undefined && { body: [bytes] }),
  };
}

const failureOf = (answer: HttpAnswer | Error) =>
  answer instanceof Error
    ? { status: undefined, code: (answer as NodeJS.ErrnoException).code ?? '' }
    : { status: answer.status, code: '' };

// Never what it said: that may hold secrets.
const noCredentials = ({ name }: AskedPlace, answer: HttpAnswer | Error): LeatError =>
  new LeatError(
    'STORE_UNAVAILABLE',
    `no credentials of AWS came from ${name}: ${answer instanceof Error ? answer.message : `it answers ${answer.status}`}`,
    { hint: 'Check that the role of the machine or job exists and may be assumed by it.' },
  );

/** Credentials in the JSON form of AWS's endpoints. */
export function parseCredentials({ name }: AskedPlace, { body }: HttpAnswer): Credentials {
  try {
    const found = JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>>;
    const {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: token,
      Expiration: end,
    } = found;
    if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') {
      return {
        accessKeyId,
        secretAccessKey,
        sessionToken: typeof token === 'string' ? token : undefined,
        expiresAt: typeof end === 'string' ? Date.parse(end) : undefined,
      };
    }
  } catch {
    // Told below: what came is not shown.
  }
  throw new LeatError(
    'STORE_UNAVAILABLE',
    `no credentials of AWS came from ${name}: it sent something else`,
    {
      hint: 'Check that the address is that of a service that gives credentials.',
    },
  );
}
