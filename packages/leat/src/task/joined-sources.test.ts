import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ArtifactStore } from '../datastore/artifact-store.ts';
import { InlineBudget } from '../datastore/inline-budget.ts';
import { writeItems } from '../datastore/items/write-items.ts';
import { formatTask, manifestKey, packKey, sourcesKey } from '../datastore/keys.ts';
import type { ArtifactRef, AttemptManifest } from '../datastore/manifest.ts';
import { WatchedDatastore } from '../datastore/watched-datastore.fixture.ts';
import { createPack } from '../datastore/packs/pack-writer.ts';
import { tailPack } from '../datastore/packs/tail-pack.ts';
import { encodeSources } from '../datastore/source-index.ts';
import { Flow } from '../flow/flow.ts';
import type { Inputs } from '../flow/inputs.ts';
import { step } from '../flow/step.ts';
import type { JoinedSources, TaskSpec } from '../plan/task-spec.ts';
import { failureText, refsOf, TaskBench } from './task.fixture.ts';

class WideFlow extends Flow {
  declare score: number;
  declare same: string;
  declare big: Uint8Array;
  declare result: unknown;

  get doubled(): number {
    return this.score * 2;
  }

  @step score_(item: string) {
    this.result = item;
  }

  @step join(inputs: Inputs<WideFlow>) {
    this.result = {
      length: inputs.length,
      scores: inputs.map((task) => task.score),
      again: [...inputs].map((task) => task.doubled),
      items: inputs.map((task) => task.input),
      indexes: inputs.map((task) => task.index),
      last: inputs.at(-1)?.score,
      same: inputs[1] === inputs.at(1),
      names: Object.keys(inputs[1] ?? {}),
      odd: inputs.filter((task) => task.score % 2 === 1).map((task) => task.index),
    };
  }

  @step touchNothing(inputs: Inputs<WideFlow>) {
    this.result = [inputs.length, inputs.map((task) => task.index).length, inputs.filter(() => true).length];
  }

  @step sum(inputs: Inputs<WideFlow>) {
    let sum = 0;
    for (const task of inputs) sum += task.score;
    this.result = sum;
  }

  @step items(inputs: Inputs<WideFlow>) {
    this.result = inputs.reduce((sum, task) => sum + String(task.input).length, 0);
  }

  @step bytes(inputs: Inputs<WideFlow>) {
    this.result = inputs.reduce((sum, task) => sum + (task.big[0] ?? 0), 0);
  }

  @step take(inputs: Inputs<WideFlow>) {
    this.merge(inputs, { exclude: ['score'] });
  }

  @step takeFiltered(inputs: Inputs<WideFlow>) {
    this.merge(
      inputs.filter((task) => task.index > 1),
      { exclude: ['score'] },
    );
  }

  @step takeAll(inputs: Inputs<WideFlow>) {
    this.merge(inputs);
  }

  @step after() {
    this.result = `${this.same}, later`;
  }
}

interface Fan {
  readonly bench: TaskBench;
  readonly store: WatchedDatastore;
  readonly manifests: readonly AttemptManifest[];
  /** What a join's spec says besides its sources. */
  readonly over: Partial<TaskSpec>;
}

const addressOf = (index: number) => ({ step: 'score', path: [index], iteration: 0 });

/** The results of a fan-out, not stored yet, and its items. */
async function fanOut(count: number, artifactsOf: (index: number) => Record<string, unknown>): Promise<Fan> {
  const store = new WatchedDatastore();
  const artifacts = new ArtifactStore(store);
  const items = await writeItems(
    store,
    Array.from({ length: count }, (_, index) => `item ${index}`),
  );
  const manifests = Array.from({ length: count }, (_, index): AttemptManifest => {
    const budget = new InlineBudget();
    const refs: Record<string, ArtifactRef> = {};
    for (const [name, value] of Object.entries(artifactsOf(index)))
      refs[name] = artifacts.save(name, value, budget);
    return {
      version: 1,
      task: formatTask(addressOf(index)),
      attempt: 0,
      token: `token-${index}`,
      startedAt: 1,
      endedAt: 2,
      status: 'succeeded',
      outcome: { kind: 'linear' },
      artifacts: refs,
    };
  });
  const bench = new TaskBench(WideFlow, {}, store);
  return { bench, store, manifests, over: { takes: 'inputs', joinedItems: items.index! } };
}

const keyOf = (index: number, attempt = 0): string => manifestKey('TestFlow', '1', addressOf(index), attempt);

/** Stores each result as an object of its own. */
function alike({ store, manifests }: Fan): JoinedSources {
  for (const [index, manifest] of manifests.entries())
    store.putSync(keyOf(index), [Buffer.from(JSON.stringify(manifest))]);
  return { kind: 'alike', count: manifests.length, step: 'score', path: [], iteration: 0, attempt: 0 };
}

/** Stores results in packs of `size`; every `ownEvery`-th as an object of its own, by a later attempt. */
async function listed({ store, manifests }: Fan, size: number, ownEvery = Infinity): Promise<JoinedSources> {
  const count = manifests.length;
  const packs: string[] = [];
  const columns = {
    kind: new Uint8Array(count),
    pack: new Uint32Array(count),
    offset: new Float64Array(count),
    length: new Uint32Array(count),
  };
  for (let first = 0; first < count; first += size) {
    const pack = packKey('TestFlow', '1', 'score', `chunk-${first}`);
    const writer = createPack(store, pack);
    packs.push(pack);
    for (let index = first; index < Math.min(count, first + size); index++) {
      if (index % ownEvery !== ownEvery - 1) writer?.commit(index - first, manifests[index]!);
      else {
        columns.kind[index] = 1;
        store.putSync(keyOf(index, 3), [Buffer.from(JSON.stringify(manifests[index]))]);
      }
    }
    writer?.close();
    for (const { member, offset, length } of (await tailPack(store, pack, 0)).lines) {
      columns.pack[first + member] = packs.length;
      columns.offset[first + member] = offset;
      columns.length[first + member] = length;
    }
  }
  const key = sourcesKey('TestFlow', '1', { step: 'join', path: [], iteration: 0 }, 0);
  const kinds = [0, 3].map((attempt) => ({ step: 'score', iteration: 0, attempt, run: '1' }));
  store.putSync(key, encodeSources({ flow: 'TestFlow', path: [], kinds, packs, count, ...columns }));
  return { kind: 'listed', count, key };
}

const listSources = ({ manifests }: Fan) =>
  manifests.map(({ task }, index) => ({ step: 'score', task, manifest: keyOf(index) }));

const small = async (): Promise<Fan> => fanOut(7, (index) => ({ score: index, same: 'same' }));

describe('the inputs of a join', () => {
  it('are the same however they are named: by a list, by a rule, by an object, in packs or not', async () => {
    const fan = await small();
    const joined = alike(fan);
    const results = [];
    for (const [attempt, over] of [
      { sources: listSources(fan) },
      { joined },
      { joined: await listed(fan, 100) },
    ].entries()) {
      const manifest = `runs/TestFlow/1/join/task@${attempt}.json`;
      results.push(
        fan.bench.values(await fan.bench.run('join', { ...fan.over, ...over, manifest }))['result'],
      );
    }
    expect(results[0]).toEqual({
      length: 7,
      scores: [0, 1, 2, 3, 4, 5, 6],
      again: [0, 2, 4, 6, 8, 10, 12],
      items: Array.from({ length: 7 }, (_, index) => `item ${index}`),
      indexes: [0, 1, 2, 3, 4, 5, 6],
      last: 6,
      same: true,
      names: ['score', 'same'],
      odd: [1, 3, 5],
    });
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });

  it('that lie partly in packs and partly on their own are found', async () => {
    const fan = await small();
    const run = await fan.bench.run('sum', { ...fan.over, joined: await listed(fan, 3, 2) });
    expect(fan.bench.values(run)['result']).toBe(21);
  });

  it('cost nothing that is not touched', async () => {
    const fan = await fanOut(3_000, (index) => ({ score: index }));
    const joined = await listed(fan, 100);
    fan.store.reads.length = 0;
    const run = await fan.bench.run('touchNothing', { ...fan.over, joined });
    expect(fan.bench.values(run)['result']).toEqual([3_000, 3_000, 3_000]);
    expect(new Set(fan.store.reads.map(({ key }) => key))).toEqual(
      new Set([(joined as { key: string }).key]),
    );
    expect(fan.store.reads.length).toBe(2);
  });

  it('are read in bulk by who goes over them: manifests, and items', async () => {
    const fan = await fanOut(5_000, (index) => ({ score: index }));
    const joined = await listed(fan, 500);
    fan.store.reads.length = 0;
    const summed = await fan.bench.run('sum', { ...fan.over, joined });
    expect(fan.bench.values(summed)['result']).toBe((5_000 * 4_999) / 2);
    expect(fan.store.reads.length).toBeLessThan(100);
    fan.store.reads.length = 0;
    const read = await fan.bench.run('items', { ...fan.over, joined });
    expect(fan.bench.values(read)['result']).toBe(
      Array.from({ length: 5_000 }, (_, index) => `item ${index}`).join('').length,
    );
    expect(fan.store.reads.length).toBeLessThan(20);
  });

  it('let large values go, and give them again', async () => {
    const fan = await fanOut(800, (index) => ({ score: index, big: new Uint8Array(100_000).fill(index) }));
    const run = await fan.bench.run('bytes', { ...fan.over, joined: await listed(fan, 100) });
    const expected = Array.from({ length: 800 }, (_, index) => index % 256).reduce((a, b) => a + b);
    expect(fan.bench.values(run)['result']).toBe(expected);
  });

  // 20,000 values of 8 KB are 160 MB: a heap of 96 MB does not hold them, a process of its own shows it.
  it('are gone over in bounded memory, again and again, and merged', async () => {
    const fixture = fileURLToPath(new URL('join-memory.fixture.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=96',
      fixture,
      '20000',
    ]);
    expect(stdout).toBe('text,result\n');
  }, 60_000);

  it('say which result is gone, and where it was', async () => {
    const fan = await small();
    const joined = await listed(fan, 100);
    const pack = packKey('TestFlow', '1', 'score', 'chunk-0');
    const { bytes, modifiedAt } = fan.store.objects.get(pack)!;
    const second = (await tailPack(fan.store, pack, 0)).lines[1]!;
    const place = `${pack}#${second.offset}+${second.length}`;
    const sum = async (attempt: number): Promise<string> =>
      failureText(
        await fan.bench.run('sum', { ...fan.over, joined, manifest: `runs/TestFlow/1/sum/${attempt}.json` }),
      );
    fan.store.objects.set(pack, { bytes: bytes.subarray(0, second.offset + 20), modifiedAt });
    expect(await sum(0)).toContain(`STORE_CORRUPT: '${place}' is damaged: the pack ends before`);
    fan.store.objects.set(pack, {
      bytes: Buffer.from(bytes).fill(32, second.offset, second.offset + 9),
      modifiedAt,
    });
    expect(await sum(1)).toContain(`STORE_CORRUPT: '${place}' is damaged`);
    fan.store.objects.delete(pack);
    expect(await sum(2)).toMatch(/^STORE_CORRUPT: the result of 'score\[0\]' is gone: .*chunk-0\.pack#/);
  });
});

describe('this.merge(inputs)', () => {
  it('takes over from packs by reference, and the step after reads it there', async () => {
    const fan = await small();
    const joined = await listed(fan, 3);
    for (const name of ['take', 'takeFiltered']) {
      const refs = refsOf(await fan.bench.run(name, { ...fan.over, joined }));
      expect(Object.keys(refs)).toEqual(['same']);
      expect(refs['same']).toMatchObject({
        stored: 'manifest',
        manifest: expect.stringMatching(/\.pack#\d+\+\d+$/),
      });
      fan.store.reads.length = 0;
      const after = await fan.bench.run('after', {
        sources: [fan.bench.source(name)],
        manifest: `runs/TestFlow/1/after/${name}.json`,
      });
      expect(fan.bench.values(after)['result']).toBe('same, later');
    }
  });

  it('names what differs without a list of who holds it', async () => {
    const fan = await fanOut(11_000, (index) => ({ score: index, same: index < 9_000 ? 'a' : 'b' }));
    const failed = await fan.bench.run('takeAll', { ...fan.over, joined: await listed(fan, 1_000) });
    expect(failureText(failed)).toBe(
      "MERGE_CONFLICT: this.merge(inputs) in step 'takeAll' found values that differ between the inputs:\n" +
        "  'score': number in score[0]; number in score[1]; number in score[2]; number in score[3]; more than 9996 more values\n" +
        "  'same': string in score[0], score[1], score[2] and 8997 more; string in score[9000], score[9001], score[9002] and 1997 more",
    );
  });
});
