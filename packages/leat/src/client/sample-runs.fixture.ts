/** Runs in a folder of their own, stored as an engine and its tasks store them, without either. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '../datastore/artifact-store.ts';
import { commitAttemptAsync } from '../datastore/commit-attempt.ts';
import { openFsDatastore } from '../datastore/fs/index.ts';
import { InlineBudget } from '../datastore/inline-budget.ts';
import { logKey, manifestKey, parseTask, type TaskAddress } from '../datastore/keys.ts';
import { openLog } from '../datastore/log-store.ts';
import type { ArtifactRef, Outcome } from '../datastore/manifest.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { saveParameters } from '../datastore/save-parameters.ts';
import type { FlowGraph, GraphStep, Transition } from '../graph/graph.ts';
import type { EventFailure, RunEvent } from '../metadata/events.ts';
import type { Lease, MetadataStore, NewRun } from '../metadata/metadata-store.ts';
import { openMetadata } from '../metadata/open-metadata.ts';
import type { RunPlan } from '../plan/plan.ts';

const step = (name: string, next: Transition, over: Partial<GraphStep> = {}): GraphStep => ({
  name,
  takes: 'nothing',
  next,
  splits: [],
  assigns: [],
  reads: [],
  ...over,
});

/** start → foreach train → choose (join) → end, as in the README. */
export const trainGraph: FlowGraph = {
  version: 1,
  flow: 'TrainFlow',
  steps: [
    step('start', { kind: 'foreach', to: 'train', over: 'this.countries', join: 'choose' }),
    step('train', { kind: 'linear', to: 'choose' }, { takes: 'item', splits: ['start'] }),
    step('choose', { kind: 'linear', to: 'end' }, { takes: 'inputs', closes: 'start' }),
    step('end', { kind: 'end' }),
  ],
};

/** start → work → again? → work (a loop) or end. */
export const loopGraph: FlowGraph = {
  version: 1,
  flow: 'LoopFlow',
  steps: [
    step('start', { kind: 'linear', to: 'work' }),
    step('work', { kind: 'linear', to: 'decide' }, { loop: 0 }),
    step('decide', { kind: 'switch', cases: { again: 'work', done: 'end' }, by: 'this.kind' }, { loop: 0 }),
    step('end', { kind: 'end' }),
  ],
};

/** What a task of a sample leaves. */
export interface SampleTask {
  readonly artifacts?: Readonly<Record<string, unknown>>;
  /** Passed on as they are. */
  readonly refs?: Readonly<Record<string, ArtifactRef>>;
  readonly outcome?: Outcome;
  readonly log?: string;
}

/** A run that is being made. */
export interface SampleRun {
  readonly id: string;
  readonly lease: Lease;
  append(...events: readonly RunEvent[]): Promise<void>;
  /** Runs a task as far as its commit; returns the key of its manifest. */
  succeed(task: string, left?: SampleTask): Promise<string>;
  fail(task: string, failure: EventFailure, retryAt?: number): Promise<void>;
  end(status: 'succeeded' | 'failed'): Promise<void>;
}

/** A home folder with both stores open. */
export class SampleHome {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'leat-client-'));
  readonly datastore: Datastore = openFsDatastore(join(this.folder, 'store'));
  readonly metadata: Promise<MetadataStore> = openMetadata(this.folder);
  #clock = 1_000;

  now(): number {
    this.#clock += 10;
    return this.#clock;
  }

  async run(graph: FlowGraph, over: Partial<NewRun> = {}): Promise<SampleRun> {
    const metadata = await this.metadata;
    const parameters = over.parameters ?? { alpha: 0.1 };
    const stepHashes = Object.fromEntries(graph.steps.map(({ name }) => [name, `hash of ${name}`]));
    const plan: RunPlan = {
      version: 1,
      flow: graph.flow,
      graph,
      steps: {},
      package: over.package ?? 'abc',
      stepHashes,
    };
    const created = await metadata.createRun(
      {
        flow: graph.flow,
        namespace: 'user:ada',
        user: 'ada',
        tags: [],
        plan,
        parameters,
        parametersKey: saveParameters(this.datastore, parameters),
        package: 'abc',
        datastore: this.datastore.url,
        createdAt: this.now(),
        ...over,
      },
      'engine',
      60_000,
    );
    return this.#recorder(metadata, created.lease);
  }

  #recorder(metadata: MetadataStore, lease: Lease): SampleRun {
    const append = async (...events: readonly RunEvent[]): Promise<void> =>
      void (await metadata.append(lease, events));
    const attempts = new Map<string, number>();
    const submit = async (task: string): Promise<number> => {
      const attempt = attempts.get(task) ?? 0;
      attempts.set(task, attempt + 1);
      const token = `${task}@${attempt}`;
      await append({ type: 'attempt-submitted', at: this.now(), task, attempt, layer: 'local', token });
      return attempt;
    };
    return {
      id: lease.run,
      lease,
      append,
      succeed: async (task, left = {}) => {
        const attempt = await submit(task);
        const manifest = await this.#commit(lease, task, attempt, left);
        const outcome = left.outcome ?? { kind: 'linear' };
        const startedAt = this.now();
        await append({
          type: 'attempt-succeeded',
          at: this.now(),
          task,
          attempt,
          manifest,
          outcome,
          startedAt,
        });
        return manifest;
      },
      fail: async (task, failure, retryAt) => {
        const attempt = await submit(task);
        const retry = retryAt === undefined ? {} : { retryAt };
        await append({ type: 'attempt-failed', at: this.now(), task, attempt, failure, ...retry });
      },
      end: async (status) => {
        await append({ type: 'run-ended', at: this.now(), status });
        await metadata.releaseLease(lease);
      },
    };
  }

  async #commit({ flow, run }: Lease, task: string, attempt: number, left: SampleTask): Promise<string> {
    const address = parseTask(task) as TaskAddress;
    const key = manifestKey(flow, run, address, attempt);
    const store = new ArtifactStore(this.datastore);
    const budget = new InlineBudget();
    const artifacts: Record<string, ArtifactRef> = { ...left.refs };
    for (const [name, value] of Object.entries(left.artifacts ?? {}))
      artifacts[name] = store.save(name, value, budget);
    await commitAttemptAsync(this.datastore, key, {
      version: 1,
      task,
      attempt,
      token: `${task}@${attempt}`,
      startedAt: this.now(),
      endedAt: this.now(),
      status: 'succeeded',
      outcome: left.outcome ?? { kind: 'linear' },
      artifacts,
    });
    if (left.log !== undefined) await this.print(run, address, attempt, left.log);
    return key;
  }

  /** Adds to the log of an attempt of TrainFlow. */
  async print(run: string, address: TaskAddress, attempt: number, text: string): Promise<void> {
    const log = openLog(this.datastore, logKey('TrainFlow', run, address, attempt));
    await log.write({ stream: 'stdout', bytes: Buffer.from(text), at: 7 });
    await log.close();
  }

  async dispose(): Promise<void> {
    await (await this.metadata).close();
    await this.datastore.close();
    rmSync(this.folder, { recursive: true });
  }
}
