/**
 * An HTTP proxy before one server, for tests of what speaks to it: it counts requests, and answers some of them as a network or a
 * server in trouble does. Its answers may be errors though the request was done: that is what makes the difference.
 */
import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Fault, FaultOptions, ProxyCall, SeenRequest } from './fault-proxy-calls.ts';

export type { Fault, FaultOptions, SeenRequest } from './fault-proxy-calls.ts';

/**
 * A proxy that runs.
 *
 * @example
 *     const proxy = await FaultProxy.start({ upstream: server.endpoint, share: 0.3 });
 *     await useServerAt(proxy.endpoint);
 *     await proxy.stop();
 */
export class FaultProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  readonly #thread: Worker;

  private constructor(thread: Worker, port: number) {
    this.#thread = thread;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(options: FaultOptions): Promise<FaultProxy> {
    const file = new URL(`fault-proxy-server${extname(import.meta.filename)}`, import.meta.url);
    const thread = new Worker(file, { workerData: options });
    const [port] = (await once(thread, 'message')) as [number];
    return new FaultProxy(thread, port);
  }

  /** From now on this share of all requests goes wrong, 0 to 1. */
  async setShare(share: number): Promise<void> {
    await this.#ask({ ask: 'share', share });
  }

  /** What happens to the next requests, one after the other, whatever the share; `undefined`: nothing. */
  async faultNext(...faults: readonly (Fault | undefined)[]): Promise<void> {
    await this.#ask({ ask: 'next', faults });
  }

  /**
   * Lets the next request whose path ends so through, and keeps its answer for ever.
   *
   * @returns what resolves once the server has answered: it has done what was asked, and who asked does not know
   */
  async holdNext(path: string): Promise<{ readonly answered: Promise<void> }> {
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const listen = (said: Said): void => {
      if (!isHeld(said)) return;
      this.#thread.off('message', listen);
      resolve();
    };
    this.#thread.on('message', listen);
    await this.#ask({ ask: 'hold', path });
    return { answered };
  }

  /** The next requests that come by a signed link, so many of them, come too late: it has expired. */
  async expireNext(links: number): Promise<void> {
    await this.#ask({ ask: 'expire', links });
  }

  /** All requests since it was started, or since {@link reset}. */
  async seen(): Promise<readonly SeenRequest[]> {
    return await this.#ask({ ask: 'seen' });
  }

  /** Forgets what it has seen. */
  async reset(): Promise<void> {
    await this.#ask({ ask: 'reset' });
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }

  async #ask(call: ProxyCall): Promise<readonly SeenRequest[]> {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
    this.#thread.postMessage(call);
    for (;;) {
      const [said] = (await once(this.#thread, 'message')) as [Said];
      if (!isHeld(said)) return said;
    }
  }
}

/** What the thread tells: an answer, or by itself that an answer of the server is held. */
type Said = readonly SeenRequest[] | { readonly held: string };

const isHeld = (said: Said): said is { readonly held: string } => 'held' in said;
