import { describe, expect, it } from 'vitest';
import { ItemLocator } from '../datastore/items/item-index.ts';
import type { AttemptManifest } from '../datastore/manifest.ts';
import { Flow } from '../flow/flow.ts';
import type { Inputs } from '../flow/inputs.ts';
import { parameter } from '../flow/parameter.ts';
import { step } from '../flow/step.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { failureText, refsOf, TaskBench } from './task.fixture.ts';

class JoinFlow extends Flow {
  alpha = parameter(0.5);
  count = 0;
  declare score: number;
  declare same: string;
  declare extra: string;
  declare big: Uint8Array;
  declare result: unknown;

  @step start() {
    this.next(this.item, { foreach: this.items() });
  }

  *items() {
    yield* ['a', 'b', 'c'];
  }

  @step item(letter: string) {
    this.score = letter.charCodeAt(0) - 96;
    this.same = 'same';
    this.big = new Uint8Array(100_000).fill(this.index);
    if (letter === 'b') this.extra = 'only here';
    this.result = [
      this.input,
      this.index,
      this.foreachStack.map(({ step: split, index, count, item }) => [split, index, count, item]),
    ];
    this.next(this.join);
  }

  @step left() {
    this.score = 1;
    this.same = 'same';
  }

  @step right() {
    this.score = 2;
    this.same = 'same';
  }

  @step join(inputs: Inputs<JoinFlow>) {
    const good = inputs.filter((task) => task.score > 1);
    this.result = {
      length: inputs.length,
      scores: inputs.map((task) => task.score),
      best: good.reduce((a, b) => (b.score > a.score ? b : a)).input,
      indexes: [...inputs].map((task) => task.index),
      items: inputs.map((task) => task.input),
      alpha: inputs[0]?.alpha,
      optional: inputs.map((task) => task.extra),
      bytes: inputs.map((task) => task.big[0]),
      same: inputs[1] === inputs.at(-2),
      names: Object.keys(inputs[1] ?? {}),
      has: inputs[0] !== undefined && 'score' in inputs[0] && !('nothing' in inputs[0]),
    };
  }

  @step branches(inputs: Inputs<JoinFlow>) {
    this.result = [inputs.length, inputs.left?.score, inputs.right?.score, inputs.left?.input];
  }

  @step take(inputs: Inputs<JoinFlow>) {
    this.merge(inputs);
  }

  @step some(inputs: Inputs<JoinFlow>) {
    this.score = 10;
    this.merge(inputs, { exclude: ['big', 'result'] });
  }

  @step include(inputs: Inputs<JoinFlow>) {
    this.merge(inputs, { include: ['same'] });
  }

  @step includeMissing(inputs: Inputs<JoinFlow>) {
    this.merge(inputs, { include: ['same', 'extra'] });
  }

  @step filtered(inputs: Inputs<JoinFlow>) {
    this.merge(inputs.filter((task) => task.score === 2));
  }

  @step other() {
    this.merge([{ score: 1 }] as never);
  }

  @step write(inputs: Inputs<JoinFlow>) {
    (inputs[0] as { score: number }).score = 2;
  }

  @step unset(inputs: Inputs<JoinFlow>) {
    this.result = inputs.map((task) => task.extra);
  }

  @step caught(inputs: Inputs<JoinFlow>) {
    try {
      this.merge(inputs);
    } catch {
      this.result = Object.keys(this);
    }
  }
}

const foreachNext = { kind: 'foreach', to: 'item', over: 'this.items()', join: 'join' } as const;

/** Runs a foreach of three items. */
async function fanOut(): Promise<{
  readonly bench: TaskBench;
  readonly join: Partial<TaskSpec>;
  readonly items: readonly AttemptManifest[];
}> {
  const bench = new TaskBench(JoinFlow, { alpha: 0.5 });
  const start = await bench.run('start', { next: foreachNext });
  if (start.status !== 'succeeded' || start.outcome.kind !== 'foreach')
    throw new Error(JSON.stringify(start));
  const { items } = start.outcome;
  const locator = new ItemLocator(bench.store);
  const manifests: AttemptManifest[] = [];
  for (let index = 0; index < items.count; index += 1) {
    const foreach = [{ step: 'start', index, count: items.count, item: await locator.locate(items, index) }];
    const over = {
      takes: 'item',
      foreach,
      sources: [bench.source('start')],
      next: { kind: 'linear', to: 'join' },
    } as const;
    manifests.push(await bench.run(`item[${index}]`, over));
  }
  const sources = manifests.map((_, index) => bench.source(`item[${index}]`));
  return {
    bench,
    items: manifests,
    join: { takes: 'inputs', sources, ...(items.index === undefined ? {} : { joinedItems: items.index }) },
  };
}

describe('a foreach', () => {
  it('gives each task its own item and place', async () => {
    const { bench, items } = await fanOut();
    expect(items.map((manifest) => bench.values(manifest)['result'])).toEqual(
      ['a', 'b', 'c'].map((letter, index) => [letter, index, [['start', index, 3, letter]]]),
    );
  });
});

describe('a join', () => {
  it('sees its inputs in order, with their artifacts, items and indexes', async () => {
    const { bench, join } = await fanOut();
    expect(bench.values(await bench.run('join', join))['result']).toEqual({
      length: 3,
      scores: [1, 2, 3],
      best: 'c',
      indexes: [0, 1, 2],
      items: ['a', 'b', 'c'],
      alpha: 0.5,
      optional: [undefined, 'only here', undefined],
      bytes: [0, 1, 2],
      same: true,
      names: ['count', 'score', 'same', 'big', 'extra', 'result'],
      has: true,
    });
  });

  it('starts without artifacts of its own', async () => {
    const { bench, join } = await fanOut();
    expect(Object.keys(refsOf(await bench.run('join', join)))).toEqual(['count', 'result']);
  });

  it('sees the branches by their names', async () => {
    const bench = new TaskBench(JoinFlow);
    for (const task of ['left', 'right']) refsOf(await bench.run(task));
    const manifest = await bench.run('branches', {
      takes: 'inputs',
      sources: [bench.source('left'), bench.source('right')],
    });
    expect(bench.values(manifest)['result']).toEqual([2, 1, 2, undefined]);
  });

  it('of no items has no inputs', async () => {
    const bench = new TaskBench(JoinFlow);
    const manifest = await bench.run('unset', { takes: 'inputs' });
    expect(bench.values(manifest)['result']).toEqual([]);
  });

  it('cannot change its inputs, and is told what none of them has', async () => {
    const { bench, join } = await fanOut();
    expect(failureText(await bench.run('write', join))).toBe(
      "ARTIFACT_READ_ONLY: an input of a join is read-only: 'score' of item[0] cannot be set",
    );
    const known = [{ name: 'extra', steps: ['item'], always: true }];
    expect(failureText(await bench.run('unset', { ...join, known }))).toMatch(
      /^ARTIFACT_UNSET: 'inputs\[0\]\.extra' was read in step 'unset'/,
    );
  });
});

describe('merge', () => {
  it('names everything that differs, and where, and takes nothing over then', async () => {
    const { bench, join } = await fanOut();
    const failed = await bench.run('take', join);
    expect(failureText(failed)).toBe(
      "MERGE_CONFLICT: this.merge(inputs) in step 'take' found values that differ between the inputs:\n" +
        "  'score': number in item[0]; number in item[1]; number in item[2]\n" +
        "  'big': Uint8Array(100000) in item[0]; Uint8Array(100000) in item[1]; Uint8Array(100000) in item[2]\n" +
        "  'result': Array(3) in item[0]; Array(3) in item[1]; Array(3) in item[2]",
    );
    expect(failed).toMatchObject({
      failure: { hint: expect.stringContaining("exclude: ['score', 'big', 'result']") },
    });
    expect(bench.values(await bench.run('caught', join))['result']).toEqual(['alpha', 'count']);
  });

  it('takes over what is equal, by reference, and leaves what the join has set', async () => {
    const { bench, join, items } = await fanOut();
    const merged = await bench.run('some', join);
    expect(bench.values(merged)).toEqual({ count: 0, score: 10, same: 'same', extra: 'only here' });
    expect(refsOf(merged)['same']).toMatchObject({
      stored: 'manifest',
      hash: refsOf(items[0] as AttemptManifest)['same']?.hash,
    });
  });

  it('takes only what is included, and refuses what is missing somewhere', async () => {
    const { bench, join } = await fanOut();
    expect(bench.values(await bench.run('include', join))).toEqual({ count: 0, same: 'same' });
    expect(failureText(await bench.run('includeMissing', join))).toContain(
      "'extra' is not set in item[0], item[2]",
    );
  });

  it('works on filtered inputs, and on nothing else', async () => {
    const { bench, join } = await fanOut();
    expect(bench.values(await bench.run('filtered', join))).toMatchObject({ score: 2, extra: 'only here' });
    expect(failureText(await bench.run('other', join))).toMatch(
      /^STEP_MISUSE: this\.merge\(…\) in step 'other' got something/,
    );
    expect(failureText(await bench.run('other', { attempt: 1, manifest: 'runs/other.json' }))).toMatch(
      /^STEP_MISUSE: this\.merge\(inputs\) was called in step 'other', which is no join/,
    );
  });
});
