/** The proxy of `fault-proxy.ts`, in a thread of its own: who is tested may stand still while it waits for an answer. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { Fault, FaultOptions, ProxyCall, SeenRequest } from './fault-proxy-calls.ts';
import { Random } from './random.ts';

const defaultSlowMs = 300;
const allFaults: readonly Fault[] = ['error', 'busy', 'throttled', 'refused', 'lost', 'torn', 'slow'];

class ProxyServer {
  #seen: SeenRequest[] = [];
  #share: number;
  readonly #upstream: URL;
  readonly #faults: readonly Fault[];
  readonly #random: Random;
  readonly #slowMs: number;
  /** The next request whose path ends so is held. */
  #hold: string | undefined;
  /** So many more links have expired. */
  #expired = 0;
  readonly #next: (Fault | undefined)[] = [];

  constructor({ upstream, share = 0, faults = allFaults, seed = 1, slowMs = defaultSlowMs }: FaultOptions) {
    this.#share = share;
    this.#upstream = new URL(upstream);
    this.#faults = faults;
    this.#random = new Random(seed);
    this.#slowMs = slowMs;
  }

  listen(ready: (port: number) => void): void {
    const server = createServer((incoming, outgoing) => this.#take(incoming, outgoing));
    server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port));
  }

  answer(call: ProxyCall): readonly SeenRequest[] {
    if (call.ask === 'share') this.#share = call.share;
    else if (call.ask === 'next') this.#next.push(...call.faults);
    else if (call.ask === 'hold') this.#hold = call.path;
    else if (call.ask === 'expire') this.#expired = call.links;
    else if (call.ask === 'reset') this.#seen = [];
    return call.ask === 'seen' ? this.#seen : [];
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fault = this.#faultOf(incoming.url ?? '');
    this.#seen.push({ method: incoming.method ?? '', path: incoming.url ?? '', fault });
    // Whoever hangs up early is a client of these tests too.
    incoming.on('error', () => undefined);
    if (fault === 'refused') return void incoming.socket.destroy();
    // Taken in and never answered.
    if (fault === 'silent') return void incoming.resume();
    if (fault !== undefined && isRefusal(fault)) return refuse(incoming, outgoing, fault);
    this.#forward(incoming, outgoing, fault);
  }

  #faultOf(path: string): Fault | undefined {
    if (this.#hold !== undefined && path.endsWith(this.#hold)) {
      this.#hold = undefined;
      return 'held';
    }
    if (this.#expired > 0 && path.includes('X-Amz-Signature=')) {
      this.#expired -= 1;
      return 'expired';
    }
    return this.#next.length > 0 ? this.#next.shift() : this.#draw();
  }

  #draw(): Fault | undefined {
    if (!this.#random.chance(this.#share)) return undefined;
    return this.#faults[this.#random.between(0, this.#faults.length - 1)];
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
    const { method, url: path, headers } = incoming;
    const { hostname, port } = this.#upstream;
    const sent = request({ hostname, port, method, path, headers, setHost: false }, (answer) => {
      if (fault === 'lost') {
        answer.resume();
        return void answer.on('end', () => outgoing.socket?.destroy());
      }
      if (fault === 'held') {
        answer.resume();
        return void answer.on('end', () => {
          tell({ held: incoming.url ?? '' });
        });
      }
      const reply = (): void => passOn(answer, outgoing, fault === 'torn');
      if (fault === 'slow') setTimeout(reply, this.#slowMs);
      else reply();
    });
    sent.on('error', () => outgoing.socket?.destroy());
    incoming.pipe(sent);
  }
}

const refusals = {
  busy: { status: 503, code: 'SlowDown', json: 'ServiceUnavailableException', message: 'made by a test' },
  error: { status: 500, code: 'InternalError', json: 'ServerException', message: 'made by a test' },
  throttled: {
    status: 429,
    code: 'TooManyRequestsException',
    json: 'TooManyRequestsException',
    message: 'made by a test',
  },
  expired: {
    status: 403,
    code: 'AccessDenied',
    json: 'AccessDeniedException',
    message: 'Request has expired',
  },
} as const;

const isRefusal = (fault: Fault): fault is keyof typeof refusals => Object.hasOwn(refusals, fault);

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, fault: keyof typeof refusals): void {
  incoming.resume();
  incoming.on('end', () => {
    const { status, code, json, message } = refusals[fault];
    if (/json/i.test(incoming.headers['content-type'] ?? '')) {
      outgoing.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': json });
      outgoing.end(JSON.stringify({ message }));
      return;
    }
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    outgoing.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
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

const server = new ProxyServer(workerData as FaultOptions);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
const tell = (said: unknown): void => parentPort?.postMessage(said);
server.listen(tell);
parentPort?.on('message', (call: ProxyCall) => tell(server.answer(call)));
