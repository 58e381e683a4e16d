/**
 * The sliver of the container engine's API that the layer uses: Docker's, which podman speaks too, over a unix socket. The only file here
 * that talks to an engine. Each call has a time limit; what can be asked twice is asked again when the connection breaks.
 */
import http from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type EngineFacts,
  factsOf,
  type InfoAnswer,
  isPodman,
  type PodmanAnswer,
  type VersionAnswer,
} from './engine-facts.ts';
import { connectionCodes, EngineError, textOf } from './engine-error.ts';
import { withTag } from './image-name.ts';
import { PullReport } from './pull-report.ts';

/** What `POST /containers/create` takes, as far as the layer says something. */
export interface CreateRequest {
  readonly Image: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly User?: string;
  /** Seconds that the engine waits before it ends by force what it is told to stop or remove. */
  readonly StopTimeout: number;
  readonly HostConfig: Readonly<Record<string, unknown>>;
}

/** `State` of `GET /containers/{id}/json`. */
export interface ContainerState {
  readonly Running: boolean;
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Error: string;
}

/** One of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Bytes of an image that have been fetched, as far as the engine tells. */
export type PullProgress = (done: number, total: number) => void;

export interface PullOptions {
  readonly progress: PullProgress;
  readonly signal: AbortSignal;
  /** Who asks the registry, as a header has it; absent: the engine knows, or nobody in particular. */
  readonly login?: string | undefined;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Seconds without an answer; 0: no bound. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

const usualPatience = 60;
/** Much more than a busy machine needs to create a container. */
const slowPatience = 180;
/** Registries may think for long between two pieces. */
const pullPatience = 600;
/** How often a call whose connection broke is made, and the first wait in between, in milliseconds: 3 s in all, with the jitter. */
const mostTries = 6;
const firstWaitMs = 100;

/** Podman's own calls have a version in their path. */
const podmanInfo = '/v4.0.0/libpod/info';

const query = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();

export class EngineApi {
  readonly socket: string;
  #breaks = 0;
  readonly #revive: (() => Promise<void>) | undefined;
  readonly #agent = new http.Agent({ keepAlive: true, maxFreeSockets: 4 });

  /** How many connections have broken so far: one that ended meanwhile may have been among them. */
  get breaks(): number {
    return this.#breaks;
  }

  /** `revive` is called when nobody listens: whoever started the engine may start it again. */
  constructor(socket: string, revive?: () => Promise<void>) {
    this.socket = socket;
    this.#revive = revive;
  }

  /** Whether an engine answers. @throws EngineError, or the error of the connection. */
  async ping(): Promise<void> {
    accept(await this.#once({ method: 'GET', path: '/_ping', patience: 10 }), [200]);
  }

  async facts(): Promise<EngineFacts> {
    const version = await this.#json<VersionAnswer>('/version');
    const info = await this.#json<InfoAnswer>('/info');
    return factsOf(version, info, isPodman(version) ? await this.#podmanInfo() : undefined);
  }

  /** Older ones may not answer that. */
  async #podmanInfo(): Promise<PodmanAnswer | undefined> {
    const { status, text } = await this.#call({ method: 'GET', path: podmanInfo }, [200, 400, 404, 500]);
    return status === 200 ? (JSON.parse(text) as PodmanAnswer) : undefined;
  }

  /** Variables that an image gives its containers, each as `NAME=value`. */
  async imageEnvironment(image: string): Promise<readonly string[]> {
    const told = await this.#json<{ readonly Config?: { readonly Env?: readonly string[] | null } }>(
      `/images/${encodeURI(image)}/json`,
    );
    return told.Config?.Env ?? [];
  }

  async hasImage(image: string): Promise<boolean> {
    const { status } = await this.#call(
      { method: 'GET', path: `/images/${encodeURI(image)}/json` },
      [200, 404],
    );
    return status === 200;
  }

  /** Fetches an image from its registry, until `signal` calls that off. @throws EngineError with the engine's reason. */
  async pull(image: string, { progress, signal, login }: PullOptions): Promise<void> {
    const path = `/images/create?${query({ fromImage: withTag(image) })}`;
    const headers = login === undefined ? {} : { 'X-Registry-Auth': login };
    const answer = await this.#open({ method: 'POST', path, patience: pullPatience, signal, headers });
    const status = answer.statusCode ?? 500;
    const told = new PullReport();
    for await (const piece of answer.setEncoding('utf8')) {
      told.add(String(piece));
      if (told.error !== undefined) throw new EngineError(status, told.error);
      progress(told.done, told.total);
    }
    if (status !== 200 || told.error !== undefined) throw new EngineError(status, told.error ?? told.rest);
  }

  /** Creates a container; one of this name that is there already is what an earlier try has made. Returns its id. */
  async create(name: string, body: CreateRequest): Promise<string> {
    const path = `/containers/create?${query({ name })}`;
    const answer = await this.#call({ method: 'POST', path, body, patience: slowPatience }, [201, 409]);
    if (answer.status === 409) return name;
    return (JSON.parse(answer.text) as { readonly Id: string }).Id;
  }

  /** Both streams of a container from its beginning, as {@link LogFrames} reads them; to be opened before it is started. */
  async attach(id: string): Promise<Readable> {
    const path = `/containers/${id}/attach?${query({ stream: '1', stdout: '1', stderr: '1' })}`;
    const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
    const request = this.#request({ method: 'POST', path, patience: slowPatience, headers }, undefined);
    return new Promise((resolve, reject) => {
      request.once('error', reject);
      request.once('upgrade', (_, socket, head) => {
        socket.setTimeout(0);
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      // An engine may as well answer without ceremony.
      request.once('response', (answer) => {
        if (answer.statusCode === 200) resolve(answer);
        else
          void textOf(answer).then((text) => reject(new EngineError(answer.statusCode ?? 500, text)), reject);
      });
      request.end();
    });
  }

  /** What a container has printed since its beginning and goes on to print. */
  async follow(id: string): Promise<Readable> {
    const path = `/containers/${id}/logs?${query({ follow: '1', stdout: '1', stderr: '1' })}`;
    const answer = await this.#open({ method: 'GET', path, patience: 0 });
    if (answer.statusCode === 200) return answer;
    throw new EngineError(answer.statusCode ?? 500, await textOf(answer));
  }

  async start(id: string): Promise<void> {
    const path = `/containers/${id}/start`;
    await this.#call({ method: 'POST', path, patience: slowPatience }, [204, 304]);
  }

  /** `undefined`: there is none. */
  async inspect(id: string): Promise<ContainerState | undefined> {
    const { status, text } = await this.#call({ method: 'GET', path: `/containers/${id}/json` }, [200, 404]);
    return status === 404 ? undefined : (JSON.parse(text) as { readonly State: ContainerState }).State;
  }

  /** Signals its first process; one that is gone or does not run is no error. */
  async kill(id: string, signal: string): Promise<void> {
    const path = `/containers/${id}/kill?${query({ signal })}`;
    await this.#call({ method: 'POST', path }, [204, 404, 409, 500]);
  }

  /** Removes it with what it has stored, running or not; one that is gone, or is being removed, is no error. */
  async remove(id: string): Promise<void> {
    const path = `/containers/${id}?${query({ force: 'true', v: 'true' })}`;
    await this.#call({ method: 'DELETE', path, patience: slowPatience }, [200, 204, 404, 409]);
  }

  /** All containers that carry a label: `name`, or `name=value`. */
  async list(label: string): Promise<readonly ContainerSummary[]> {
    const filters = JSON.stringify({ label: [label] });
    return this.#json(`/containers/json?${query({ all: '1', filters })}`);
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  async #json<T>(path: string): Promise<T> {
    return JSON.parse((await this.#call({ method: 'GET', path }, [200])).text) as T;
  }

  /** Calls, again when the connection broke: everything here says the same when it is said twice. */
  async #call(call: Call, expected: readonly number[]): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      try {
        return accept(await this.#once(call), expected);
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException;
        if (!connectionCodes.has(code)) throw error;
        this.#breaks += 1;
        if (tries >= mostTries) throw error;
        await pause(firstWaitMs * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
        if (code === 'ECONNREFUSED' || code === 'ENOENT') await this.#revive?.();
      }
    }
  }

  async #once(call: Call): Promise<Answer> {
    const answer = await this.#open(call);
    return { status: answer.statusCode ?? 500, text: await textOf(answer) };
  }

  async #open(call: Call): Promise<http.IncomingMessage> {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return new Promise((resolve, reject) => {
      const request = this.#request(call, body);
      request.once('error', reject);
      request.once('response', resolve);
      request.end(body);
    });
  }

  #request(
    { method, path, patience = usualPatience, signal, headers = {} }: Call,
    body: string | undefined,
  ): http.ClientRequest {
    const request = http.request({
      socketPath: this.socket,
      method,
      // Without a version the engine takes its own: what is used here has been the same in all of them since 1.25.
      path,
      // What is waited for long must not keep a connection from the others.
      agent: patience === 0 || 'Upgrade' in headers ? false : this.#agent,
      ...(signal !== undefined && { signal }),
      headers: {
        Host: 'localhost',
        ...headers,
        ...(body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
    });
    if (patience > 0) {
      request.setTimeout(patience * 1000, () => {
        request.destroy(
          new EngineError(0, `the engine did not answer within ${patience} s: ${method} ${path}`),
        );
      });
    }
    return request;
  }
}

function accept(answer: Answer, expected: readonly number[]): Answer {
  if (expected.includes(answer.status)) return answer;
  throw new EngineError(answer.status, answer.text);
}
