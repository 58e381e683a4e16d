/**
 * A join over many inputs with a value of some size each, for a process of its own with a small heap. All inputs have the
 * same manifest, so that the store is small. Arguments: how many, and what the step does.
 */
import { ArtifactStore } from '../datastore/artifact-store.ts';
import { InlineBudget } from '../datastore/inline-budget.ts';
import { WatchedDatastore } from '../datastore/watched-datastore.fixture.ts';
import { createPack } from '../datastore/packs/pack-writer.ts';
import { tailPack } from '../datastore/packs/tail-pack.ts';
import { saveParameters } from '../datastore/save-parameters.ts';
import { encodeSources } from '../datastore/source-index.ts';
import { Flow } from '../flow/flow.ts';
import type { Inputs } from '../flow/inputs.ts';
import { runTask } from './run-task.ts';

class WideFlow extends Flow {
  declare text: string;
  declare result: unknown;

  join(inputs: Inputs<WideFlow>): void {
    let sum = 0;
    for (const task of inputs) sum += task.text.length;
    sum += inputs.reduce((total, task) => total + task.text.length, 0);
    this.merge(inputs.filter((task) => task.text !== ''));
    this.result = sum;
  }
}

const count = Number(process.argv[2]);
const store = new WatchedDatastore();
const pack = 'runs/F/1/work/a.pack';
const text = new ArtifactStore(store).save('text', 'x'.repeat(8_000), new InlineBudget());
const head = { version: 1, task: 'work[0]', attempt: 0, token: 't', startedAt: 1, endedAt: 2 } as const;
createPack(store, pack)?.commit(0, {
  ...head,
  status: 'succeeded',
  outcome: { kind: 'linear' },
  artifacts: { text },
});
const [line] = (await tailPack(store, pack, 0)).lines;
const column = (value = 0): Float64Array => new Float64Array(count).fill(value);
const key = 'runs/F/1/join/task@0.sources';
store.putSync(
  key,
  encodeSources({
    flow: 'F',
    path: [],
    kinds: [{ step: 'work', iteration: 0, attempt: 0, run: '1' }],
    packs: [pack],
    count,
    kind: column(),
    pack: column(1),
    offset: column(line?.offset),
    length: column(line?.length),
  }),
);

const manifest = await runTask({
  spec: {
    version: 1,
    flow: 'F',
    run: '1',
    step: 'join',
    task: 'join',
    path: [],
    iteration: 0,
    attempt: 0,
    token: 't',
    takes: 'inputs',
    next: { kind: 'end' },
    reads: [],
    known: [],
    sources: [],
    joined: { kind: 'listed', count, key },
    foreach: [],
    package: 'none',
    parameters: saveParameters(store, {}),
    manifest: 'runs/F/1/join/task@0.json',
    triesLeft: 1,
    tags: [],
    namespace: 'user:ada',
    user: 'ada',
  },
  resources: { cpu: 1, memory: 100, gpu: 0, disk: 0 },
  store,
  loadFlow: () => WideFlow,
});
console.log(
  manifest.status === 'succeeded' ? Object.keys(manifest.artifacts).join() : manifest.failure.message,
);
