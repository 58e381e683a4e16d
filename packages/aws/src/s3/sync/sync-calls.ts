/**
 * Calls that must not return before they are done: a step reads an artifact by touching a field, and a process that ends has no
 * other way to leave a word. A thread makes them, with connections of its own, while this one stands still. It is started by the
 * first call, since it takes some ten milliseconds and most processes never need one.
 */
import path from 'node:path';
import type { MessageChannel, MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { LeatError } from 'leat/datastore';
import { bundleFile } from '../driver-path.ts';
import { threadSource, type SyncAnswer, type SyncMethods, type SyncThreadData } from './sync-thread.ts';

/** Every call ends by itself long before this; a thread that has died does not tell. */
const mostMs = 30 * 60_000;

interface Thread {
  readonly port: MessagePort;
  readonly signal: Int32Array<SharedArrayBuffer>;
  readonly end: () => void;
}

export class SyncCalls {
  readonly #url: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #thread: Thread | undefined;

  constructor(url: string, env: Readonly<Record<string, string | undefined>>) {
    this.#url = url;
    this.#env = env;
  }

  /** Makes a call of the datastore and waits for its end. @throws what the call throws */
  call<Name extends keyof SyncMethods>(
    name: Name,
    ...args: Parameters<SyncMethods[Name]>
  ): Awaited<ReturnType<SyncMethods[Name]>> {
    this.#thread ??= this.#start();
    const { port, signal } = this.#thread;
    Atomics.store(signal, 0, 0);
    const sent = args.map(ownBytes);
    port.postMessage({ name, args: sent }, sent.flatMap(buffersOf));
    Atomics.wait(signal, 0, 0, mostMs);
    const answer = workerThreads().receiveMessageOnPort(port)?.message as SyncAnswer | undefined;
    if (answer === undefined) throw gone(this.#url);
    if ('error' in answer) throw thrown(answer.error);
    return answer.value as Awaited<ReturnType<SyncMethods[Name]>>;
  }

  close(): void {
    this.#thread?.end();
    this.#thread = undefined;
  }

  #start(): Thread {
    const { Worker, MessageChannel } = workerThreads();
    const { port1, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const workerData: SyncThreadData = { file: serverFile(), url: this.#url, port: port2, signal };
    const worker = new Worker(threadSource, {
      eval: true,
      workerData,
      transferList: [port2],
      env: this.#env as NodeJS.ProcessEnv,
    });
    // It never keeps a process that is done.
    worker.unref();
    return { port: port1, signal, end: () => void worker.terminate() };
  }
}

interface Threads {
  readonly Worker: typeof Worker;
  readonly MessageChannel: typeof MessageChannel;
  readonly receiveMessageOnPort: typeof receiveMessageOnPort;
}

// Loaded by those who need it, and at once.
const workerThreads = (): Threads => process.getBuiltinModule('node:worker_threads');

function serverFile(): string {
  return (
    bundleFile() ?? path.join(import.meta.dirname, `serve-sync-calls${path.extname(import.meta.filename)}`)
  );
}

/** Bytes in memory of their own, which can be given to a thread without taking more than them along. */
function ownBytes(arg: unknown): unknown {
  if (!Array.isArray(arg)) return arg instanceof Uint8Array ? Uint8Array.from(arg) : arg;
  if (arg.some((part) => !(part instanceof Uint8Array))) return arg;
  const parts = arg as readonly Uint8Array[];
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return [whole];
}

const buffersOf = (arg: unknown): ArrayBuffer[] =>
  (Array.isArray(arg) ? arg : [arg]).flatMap((each: unknown) =>
    each instanceof Uint8Array ? [each.buffer as ArrayBuffer] : [],
  );

const thrown = ({
  code,
  message,
  ...facts
}: Extract<SyncAnswer, { readonly error: unknown }>['error']): LeatError =>
  new LeatError(code, message, facts);

const gone = (url: string): LeatError =>
  new LeatError('STORE_UNAVAILABLE', `the thread that speaks to '${url}' gives no answer`, {
    hint: 'Look for what the log says before; resume the run.',
  });
