/**
 * An HTTP proxy before one server, for tests of what speaks to it: it counts requests, and answers some of them as a network or a
 * server in trouble does. Its answers may be errors though the request was done: that is what makes the difference.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from './random.ts';

/** What may happen to a request. `lost`: it is done, and its answer cut off. `torn`: the answer ends in the middle. */
export type Fault = 'error' | 'busy' | 'refused' | 'lost' | 'torn' | 'slow' | 'silent';

/** How much goes wrong. */
export interface FaultOptions {
  /** `http://127.0.0.1:PORT` of the server. */
  readonly upstream: string;
  /** Of all requests, from 0 to 1. */
  readonly share?: number;
  /** What goes wrong, each as often as the others. */
  readonly faults?: readonly Fault[];
  readonly seed?: number;
  /** How long a slow answer takes, in milliseconds. */
  readonly slowMs?: number;
}

/** A request that came. */
export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly fault: Fault | undefined;
}

const defaultSlowMs = 300;

/** A proxy that runs. */
export class FaultProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** All requests since it was started, or since {@link reset}. */
  seen: SeenRequest[] = [];
  /** Of all requests from now on, 0 to 1. */
  share: number;
  readonly #server: Server;
  readonly #upstream: URL;
  readonly #faults: readonly Fault[];
  readonly #random: Random;
  readonly #slowMs: number;

  private constructor(server: Server, options: FaultOptions) {
    const {
      upstream,
      share = 0,
      faults = ['error', 'busy', 'refused', 'lost', 'torn', 'slow'],
      seed = 1,
    } = options;
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#upstream = new URL(upstream);
    this.share = share;
    this.#faults = faults;
    this.#random = new Random(seed);
    this.#slowMs = options.slowMs ?? defaultSlowMs;
    server.on('request', (incoming, outgoing) => this.#take(incoming, outgoing));
  }

  static async start(options: FaultOptions): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return new FaultProxy(server, options);
  }

  reset(): void {
    this.seen = [];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fault = this.#random.chance(this.share)
      ? this.#faults[this.#random.between(0, this.#faults.length - 1)]
      : undefined;
    this.seen.push({ method: incoming.method ?? '', path: incoming.url ?? '', fault });
    // Whoever hangs up early is a client of these tests too.
    incoming.on('error', () => undefined);
    if (fault === 'refused') return void incoming.socket.destroy();
    // Taken in and never answered.
    if (fault === 'silent') return void incoming.resume();
    if (fault === 'error' || fault === 'busy') return refuse(incoming, outgoing, fault);
    this.#forward(incoming, outgoing, fault);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
    const { method, url: path, headers } = incoming;
    const { hostname, port } = this.#upstream;
    const sent = request({ hostname, port, method, path, headers, setHost: false }, (answer) => {
      if (fault === 'lost') {
        answer.resume();
        return void answer.on('end', () => outgoing.socket?.destroy());
      }
      const reply = (): void => passOn(answer, outgoing, fault === 'torn');
      if (fault === 'slow') setTimeout(reply, this.#slowMs);
      else reply();
    });
    sent.on('error', () => outgoing.socket?.destroy());
    incoming.pipe(sent);
  }
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, fault: 'error' | 'busy'): void {
  incoming.resume();
  incoming.on('end', () => {
    const [status, code] = fault === 'busy' ? [503, 'SlowDown'] : [500, 'InternalError'];
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    outgoing.end(`<Error><Code>${code}</Code><Message>made by a test</Message></Error>`);
  });
}

function passOn(answer: IncomingMessage, outgoing: ServerResponse, torn: boolean): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  if (!torn) return void answer.pipe(outgoing);
  answer.once('data', (piece: Buffer) => {
    outgoing.write(piece.subarray(0, piece.byteLength >> 1), () => outgoing.socket?.destroy());
  });
  answer.on('end', () => outgoing.socket?.destroy());
}
