/**
 * One HTTP request and its whole answer, over connections that are kept. Bounded in time: to connect, without a byte moving, and in
 * all. It knows nothing of S3, and tries nothing twice.
 */
import type { Agent, IncomingHttpHeaders, IncomingMessage, request as requestOf } from 'node:http';

/** A request, ready to be sent. */
export interface HttpRequest {
  readonly method: string;
  readonly secure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** With the query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: readonly Uint8Array[];
  readonly signal?: AbortSignal;
}

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** In milliseconds. */
export interface HttpLimits {
  readonly connect: number;
  /** Without any byte in either direction. */
  readonly idle: number;
  /** For all of it. */
  readonly whole: number;
}

const httpLimits: HttpLimits = { connect: 10_000, idle: 30_000, whole: 600_000 };

/** Requests of one process to one server at the same time; more wait for a connection. */
const connections = 64;

interface Transport {
  readonly request: typeof requestOf;
  readonly agent: Agent;
}

/** Connections to servers, kept for the next request. */
export class HttpConnections {
  readonly #limits: HttpLimits;
  #plain: Transport | undefined;
  #secure: Transport | undefined;

  constructor(limits: HttpLimits = httpLimits) {
    this.#limits = limits;
  }

  /** Sends a request. Rejects when no whole answer came, with Node's own error or one whose `code` is `ETIMEDOUT`. */
  async exchange(request: HttpRequest): Promise<HttpAnswer> {
    request.signal?.throwIfAborted();
    return await send(this.#transport(request.secure), request, this.#limits);
  }

  /** Ends the connections that are not in use. */
  close(): void {
    for (const made of [this.#plain, this.#secure]) made?.agent.destroy();
  }

  // TLS is slow to load, and a server on the same machine does without. `import()` would take three times as long: it looks at all that
  // the module exports, and so loads a client for fetch and web sockets.
  #transport(secure: boolean): Transport {
    if (secure) return (this.#secure ??= transportOf(process.getBuiltinModule('node:https')));
    return (this.#plain ??= transportOf(process.getBuiltinModule('node:http')));
  }
}

function transportOf(module: {
  readonly request: unknown;
  readonly Agent: new (options: object) => Agent;
}): Transport {
  const agent = new module.Agent({ keepAlive: true, maxSockets: connections, scheduling: 'lifo' });
  return { request: module.request as Transport['request'], agent };
}

function send({ request, agent }: Transport, asked: HttpRequest, limits: HttpLimits): Promise<HttpAnswer> {
  const { method, hostname, port, path, headers, body = [], signal } = asked;
  return new Promise((resolve, reject) => {
    const sent = request({ method, hostname, port, path, headers, agent, ...(signal && { signal }) });
    const giveUp = (what: string): void => void sent.destroy(timeout(what));
    const whole = setTimeout(giveUp, limits.whole, `no whole answer within ${limits.whole / 1000} s`);
    let connect: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(whole);
      clearTimeout(connect);
    };
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    sent.on('socket', (socket) => {
      if (!socket.connecting) return;
      connect = setTimeout(giveUp, limits.connect, `no connection within ${limits.connect / 1000} s`);
      socket.once('connect', () => clearTimeout(connect));
    });
    sent.setTimeout(limits.idle, () => giveUp(`nothing came for ${limits.idle / 1000} s`));
    sent.on('error', fail);
    sent.on('response', (response) => {
      const end = (read: Buffer): void => {
        settle();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read });
      };
      // There is no more to it, and a server that sends a body all the same breaks the connection, not the answer.
      if (method === 'HEAD') end(Buffer.alloc(0));
      readBody(response).then(end, fail);
    });
    for (const part of body) sent.write(part);
    sent.end();
  });
}

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

const timeout = (what: string): Error => Object.assign(new Error(what), { code: 'ETIMEDOUT' });
