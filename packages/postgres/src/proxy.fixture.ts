/** A network between client and server that a test can cut at the worst moment. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Forwards what comes, until told otherwise. */
export class TestProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  /** Connections to be cut when the server answers a statement with this text in it. */
  #worst: { readonly text: string; left: number } | undefined;

  #darkAfter = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** To a server's port. */
  static async to(server: number): Promise<TestProxy> {
    const proxy = new TestProxy(server);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Lets the next statements with this text reach the server, and nobody hear its answer. */
  loseAnswersTo(text: string, times = 1): void {
    this.#worst = { text, left: times };
  }

  /** The same, and nobody gets through any more until {@link light}. */
  loseAnswerAndGoDark(text: string): void {
    this.loseAnswersTo(text);
    this.#darkAfter = true;
  }

  light(): void {
    this.#darkAfter = false;
  }

  /** Whether all answers that were to be lost are. */
  get lost(): boolean {
    return this.#worst?.left === 0;
  }

  /** Cuts every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #join(client: Socket): void {
    if (this.#darkAfter && this.lost) {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    let doomed = false;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    client.on('data', (data) => {
      const worst = this.#worst;
      if (worst !== undefined && worst.left > 0 && data.includes(worst.text)) {
        worst.left -= 1;
        doomed = true;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      // The statement is done when its answer comes: that is the moment.
      if (doomed) client.destroy();
      else client.write(data);
    });
  }
}
