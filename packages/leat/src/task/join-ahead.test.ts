import { beforeEach, expect, it } from 'vitest';
import { WatchedDatastore } from '../datastore/watched-datastore.fixture.ts';
import { Flow } from '../flow/flow.ts';
import type { Inputs } from '../flow/inputs.ts';
import { step } from '../flow/step.ts';
import { TaskBench } from './task.fixture.ts';

class LargeFlow extends Flow {
  declare big: Uint8Array;
  declare result: unknown;

  @step start() {
    this.next(this.item, { foreach: [1] });
  }

  @step item() {
    this.big = new Uint8Array(100_000).fill(this.index);
    this.next(this.all);
  }

  @step all(inputs: Inputs<LargeFlow>) {
    this.result = inputs.map((task) => task.big[0]);
  }

  @step first(inputs: Inputs<LargeFlow>) {
    this.result = [inputs[0]?.big[0], inputs[40]?.big[0]];
  }

  @step backwards(inputs: Inputs<LargeFlow>) {
    this.result = [...inputs].toReversed().map((task) => task.big[0]);
  }

  @step twice(inputs: Inputs<LargeFlow>) {
    this.result = [inputs.map((task) => task.big[0]), inputs.map((task) => task.big[99_999])];
  }
}

/** A datastore over a network: it takes several reads at once. */
class FarDatastore extends WatchedDatastore {
  /** Objects of each such call. */
  readonly together: number[] = [];

  getManySync(keys: readonly string[]): readonly (Uint8Array | undefined)[] {
    this.together.push(keys.length);
    return keys.map((key) => this.getSync(key));
  }
}

const count = 60;
const indexes = Array.from({ length: count }, (_, index) => index);
let store: FarDatastore;
let bench: TaskBench;

beforeEach(async () => {
  store = new FarDatastore();
  bench = new TaskBench(LargeFlow, {}, store);
  for (const index of indexes)
    await bench.run(`item[${index}]`, {
      foreach: [{ step: 'start', index, count }] as never,
      next: { kind: 'linear', to: 'all' },
    });
});

/** What a join over all of them makes of it, and which blobs it has read one by one. */
async function join(name: string): Promise<{ readonly result: unknown; readonly alone: number }> {
  store.reads.length = 0;
  const sources = indexes.map((index) => bench.source(`item[${index}]`));
  const manifest = await bench.run(name, { takes: 'inputs', sources });
  const blobs = store.reads.filter(({ key }) => key.startsWith('blobs/')).length;
  const alone = blobs - store.together.reduce((sum, each) => sum + each, 0);
  return { result: bench.values(manifest)['result'], alone };
}

it('large values of inputs that a step goes over in order come together, ever more of them', async () => {
  expect(await join('all')).toEqual({ result: indexes, alone: 1 });
  expect(store.together).toEqual([2, 4, 8, 16, 24, 5]);
});

it('one that is touched comes alone', async () => {
  expect(await join('first')).toEqual({ result: [0, 40], alone: 2 });
  expect(store.together).toEqual([]);
});

it('nothing is fetched ahead for a step that goes over them in another order', async () => {
  expect(await join('backwards')).toEqual({ result: indexes.toReversed(), alone: count });
  expect(store.together).toEqual([]);
});

it('values are those of each input, however often they are gone over', async () => {
  expect((await join('twice')).result).toEqual([indexes, indexes]);
});

it('an input whose value is gone is named by who touches it', async () => {
  const lost = [...store.objects.keys()].filter((key) => key.startsWith('blobs/'))[30] ?? '';
  store.objects.delete(lost);
  const sources = indexes.map((index) => bench.source(`item[${index}]`));
  const manifest = await bench.run('all', { takes: 'inputs', sources });
  expect(manifest).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('gone') } });
});
