import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFsDatastore } from '../datastore/fs/index.ts';
import { manifestKey, parseTask } from '../datastore/keys.ts';
import type { ArtifactRef, AttemptManifest } from '../datastore/manifest.ts';
import { saveParameters } from '../datastore/save-parameters.ts';
import { ArtifactStore } from '../datastore/artifact-store.ts';
import type { Datastore } from '../datastore/datastore.ts';
import type { TaskSource, TaskSpec } from '../plan/task-spec.ts';
import { runTask } from './run-task.ts';

/** A store, and tasks of one flow class that run in it one after the other. */
export class TaskBench {
  readonly folder: string = mkdtempSync(path.join(tmpdir(), 'leat-task-'));
  readonly store: Datastore;
  readonly #flow: unknown;
  readonly #parameters: string;

  constructor(flow: unknown, parameters: Readonly<Record<string, unknown>> = {}, store?: Datastore) {
    this.#flow = flow;
    this.store = store ?? openFsDatastore(this.folder);
    this.#parameters = saveParameters(this.store, parameters);
  }

  /** A spec for a task such as `train[3]`. */
  spec(task: string, over: Partial<TaskSpec> = {}): TaskSpec {
    const address = parseTask(task);
    if (address === undefined) throw new TypeError(task);
    return {
      version: 1,
      flow: 'TestFlow',
      run: '1',
      ...address,
      task,
      attempt: 0,
      token: `token-${task}`,
      takes: 'nothing',
      next: { kind: 'end' },
      reads: [],
      known: [],
      sources: [],
      foreach: [],
      package: 'none',
      parameters: this.#parameters,
      manifest: manifestKey('TestFlow', '1', address, 0),
      triesLeft: 1,
      tags: ['nightly'],
      namespace: 'user:ada',
      user: 'ada',
      ...over,
    };
  }

  /** Runs a task; gives back its manifest. */
  async run(task: string, over: Partial<TaskSpec> = {}): Promise<AttemptManifest> {
    const resources = { cpu: 1, memory: 100, gpu: 0, disk: 0 };
    return runTask({ spec: this.spec(task, over), resources, store: this.store, loadFlow: () => this.#flow });
  }

  /** The task as the source of the next one. */
  source(task: string): TaskSource {
    const { step, manifest } = this.spec(task);
    return { step, task, manifest };
  }

  /** Values of the artifacts of a task that has succeeded. */
  values(manifest: AttemptManifest): Record<string, unknown> {
    const store = new ArtifactStore(this.store);
    return Object.fromEntries(Object.entries(refsOf(manifest)).map(([name, ref]) => [name, store.load(ref)]));
  }
}

/** References of a task that has succeeded; fails with its failure otherwise. */
export function refsOf(manifest: AttemptManifest): Readonly<Record<string, ArtifactRef>> {
  if (manifest.status === 'succeeded') return manifest.artifacts;
  throw new Error(`the task failed: ${manifest.failure.stack ?? manifest.failure.message}`);
}

/** What a task that has failed says. */
export function failureText(manifest: AttemptManifest): string {
  if (manifest.status === 'succeeded') return 'it succeeded';
  const { code, message } = manifest.failure;
  return code === undefined ? message : `${code}: ${message}`;
}
