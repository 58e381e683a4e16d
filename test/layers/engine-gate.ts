/** A container engine that can be away, and refuse to remove: podman's service, behind a socket that this test opens and closes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const refusal = '{"message":"removing container: device or resource busy"}';
const refused = `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`;

/** Until the service answers, on a busy machine. In milliseconds. */
const patienceMs = 60_000;

/** See the file's header. */
export class EngineGate {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** Answers of the engine to whoever wants a container removed: this many are errors. */
  refusals = 0;
  readonly #folder: string;
  readonly #service: ChildProcess;
  readonly #open = new Set<net.Socket>();
  #server: net.Server | undefined;

  private constructor(folder: string, service: ChildProcess) {
    this.#folder = folder;
    this.#service = service;
    this.host = `unix://${this.#socket}`;
  }

  /** `environment`: names the engine's storage. */
  static async start(environment: Readonly<Record<string, string>>): Promise<EngineGate> {
    const folder = await mkdtemp(path.join(tmpdir(), 'leat-gate-'));
    const inner = path.join(folder, 'inner.sock');
    const service = spawn('podman', ['system', 'service', '--time=0', `unix://${inner}`], {
      env: { ...process.env, ...environment },
      cwd: folder,
      stdio: 'ignore',
    });
    const gate = new EngineGate(folder, service);
    const deadline = performance.now() + patienceMs;
    while (!(await answers(inner))) {
      if (performance.now() > deadline) throw new Error('podman does not listen');
      await pause(50);
    }
    await gate.open();
    return gate;
  }

  get #socket(): string {
    return path.join(this.#folder, 'outer.sock');
  }

  async open(): Promise<void> {
    this.#server = net.createServer((client) => this.#pass(client)).listen(this.#socket);
    await once(this.#server, 'listening');
  }

  /** Breaks all connections, and takes no more until it is opened. */
  async shut(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  async close(): Promise<void> {
    await this.shut();
    const ended = once(this.#service, 'exit');
    this.#service.kill();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #pass(client: net.Socket): void {
    const engine = net.connect({ path: path.join(this.#folder, 'inner.sock'), allowHalfOpen: true });
    const over = (): void => {
      client.destroy();
      engine.destroy();
    };
    for (const socket of [client, engine]) {
      this.#open.add(socket);
      socket.on('error', over).once('close', () => {
        this.#open.delete(socket);
        over();
      });
    }
    client.on('data', (piece: Buffer) => {
      // A request without a body comes in one piece: nobody sends another before its answer.
      if (this.refusals > 0 && piece.toString('latin1').startsWith('DELETE /containers/')) {
        this.refusals -= 1;
        client.write(refused);
      } else engine.write(piece);
    });
    engine.pipe(client);
  }
}

async function answers(socket: string): Promise<boolean> {
  const connection = net.connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}
