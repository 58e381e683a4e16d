import { isLeatError } from 'leat/datastore';
import { openS3Datastore } from '../s3-datastore.ts';
import type { SyncAnswer, SyncCall, SyncThreadData } from './sync-thread.ts';

/** Makes the calls of `sync-calls.ts`, one after the other; runs in the thread that it starts. */
export function serveSyncCalls({ url, port, signal }: SyncThreadData): void {
  const store = openS3Datastore(url);
  const make = async ({ name, args }: SyncCall): Promise<SyncAnswer> => {
    try {
      const method = store[name] as (...given: readonly unknown[]) => Promise<unknown>;
      return { value: await method.apply(store, [...args]) };
    } catch (error) {
      const { message } = error as Error;
      if (!isLeatError(error))
        return { error: { code: 'INTERNAL', message, hint: undefined, details: undefined } };
      const { code, hint, details } = error;
      return { error: { code, message, hint, details } };
    }
  };
  const tell = (): void => {
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  };
  // Whoever waits stands still until it is told something, that the thread has ended too.
  process.on('exit', tell);
  port.on('message', (call: SyncCall) => {
    void make(call)
      .then((answer) => send(port, answer))
      .finally(tell);
  });
}

function send(port: SyncThreadData['port'], answer: SyncAnswer): void {
  if (!('value' in answer)) return port.postMessage(answer);
  const moved: ArrayBuffer[] = [];
  const own = (value: unknown): unknown => {
    if (!(value instanceof Uint8Array)) return value;
    // A view on more than its own bytes would take all of them along.
    const bytes = value.byteLength === value.buffer.byteLength ? value : Uint8Array.from(value);
    moved.push(bytes.buffer as ArrayBuffer);
    return bytes;
  };
  const { value } = answer;
  port.postMessage({ value: Array.isArray(value) ? value.map(own) : own(value) }, moved);
}
