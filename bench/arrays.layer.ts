/**
 * A compute layer with arrays, as the command line loads one from a module: the simulated layer of `@leat/testing` in real time, which counts how
 * often it is called. Its tasks take some seconds and commit an empty result. When it is closed, it writes the counts to the file that
 * `BENCH_LAYER_REPORT` names; `BENCH_LAYER_PUSH=no` makes it one that cannot hold a poll until something changes.
 */
import { writeFileSync } from 'node:fs';
import { type AttemptRequest, type LayerFactory, contractVersion } from 'leat/compute';
import { commitAttemptAsync, type Datastore, openDatastore } from 'leat/datastore';
import { SimulatedLayer, type SimulatedTask, VirtualClock } from '@leat/testing';

/** In milliseconds: how long a start takes, and a task. */
const startMs = [0, 1000] as const;
const durationMs = 5000;

/** What the layer was asked. */
export interface LayerCalls {
  readonly submits: number;
  /** The most attempts that came with one call. */
  readonly largestSubmit: number;
  readonly submitted: number;
  readonly polls: number;
  /** Attempts that were named in all polls together. */
  readonly polled: number;
}

class RealClock extends VirtualClock {
  override now(): number {
    return Date.now();
  }

  override steady(): number {
    return performance.now();
  }

  override after(ms: number, fire: () => void): () => void {
    const timer = setTimeout(fire, ms);
    return () => {
      clearTimeout(timer);
    };
  }
}

class CountingLayer extends SimulatedLayer {
  readonly #calls = { submits: 0, largestSubmit: 0, submitted: 0, polls: 0, polled: 0 };

  override async submit(
    ...[batch]: Parameters<SimulatedLayer['submit']>
  ): ReturnType<SimulatedLayer['submit']> {
    this.#calls.submits += 1;
    this.#calls.largestSubmit = Math.max(this.#calls.largestSubmit, batch.length);
    this.#calls.submitted += batch.length;
    return super.submit(batch);
  }

  override async poll(
    ...[jobs, options]: Parameters<SimulatedLayer['poll']>
  ): ReturnType<SimulatedLayer['poll']> {
    this.#calls.polls += 1;
    this.#calls.polled += jobs.length;
    return super.poll(jobs, options);
  }

  override async close(): Promise<void> {
    const file = process.env['BENCH_LAYER_REPORT'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(this.#calls));
    await super.close();
  }
}

function taskOf({ spec }: AttemptRequest, store: Datastore): SimulatedTask {
  const { task, attempt, token, manifest } = spec;
  const commit = async (): Promise<void> => {
    const endedAt = Date.now();
    const head = { version: 1, task, attempt, token, startedAt: endedAt - durationMs, endedAt } as const;
    const outcome = { kind: 'linear' } as const;
    await commitAttemptAsync(store, manifest, { ...head, status: 'succeeded', outcome, artifacts: {} });
  };
  return { durationMs, commit };
}

export const computeLayer: LayerFactory = {
  name: 'arrays',
  contract: contractVersion,
  parseOptions: (options) => options,
  async open({ datastore }) {
    const store = await openDatastore(datastore);
    return new CountingLayer({
      clock: new RealClock(),
      seed: 1,
      name: 'arrays',
      startMs,
      longPoll: process.env['BENCH_LAYER_PUSH'] !== 'no',
      task: (request) => taskOf(request, store),
      capabilities: { arrays: 10_000, window: 10_000 },
    });
  },
};
