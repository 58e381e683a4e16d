import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleHome, type SampleRun, trainGraph } from '../../client/sample-runs.fixture.ts';
import { ArtifactStore } from '../../datastore/artifact-store.ts';
import { inheritArtifacts } from '../../datastore/inherit-artifacts.ts';
import { InlineBudget } from '../../datastore/inline-budget.ts';
import { readItemIndex } from '../../datastore/items/item-index.ts';
import { writeItems } from '../../datastore/items/write-items.ts';
import { packKey } from '../../datastore/keys.ts';
import { logOfManifest } from '../../datastore/log-of-manifest.ts';
import { createPack } from '../../datastore/packs/pack-writer.ts';
import { formatPackedKey, manifestObject } from '../../datastore/packs/packed-key.ts';
import { tailPack } from '../../datastore/packs/tail-pack.ts';
import { readManifest } from '../../datastore/read-manifest.ts';
import type { NewRun } from '../../metadata/metadata-store.ts';
import { collectGarbage, type GarbageCollected, type GarbageOptions } from './collect-garbage.ts';

let home: SampleHome;

beforeEach(() => {
  home = new SampleHome();
});

afterEach(async () => home.dispose());

/** Everything is old enough to go. */
const later = Date.now() + 365 * 24 * 3_600_000;

async function collect(options: GarbageOptions = {}): Promise<GarbageCollected> {
  return collectGarbage(await home.metadata, home.datastore, { now: later, ...options });
}

async function keys(prefix: string): Promise<string[]> {
  return (await Array.fromAsync(home.datastore.list(prefix))).map(({ key }) => key).toSorted();
}

async function storePackage(hash: string): Promise<void> {
  await home.datastore.put(`packages/${hash}/flow.js`, [Buffer.from('code')]);
  await home.datastore.put(`packages/${hash}/package.json`, [Buffer.from('{}')]);
}

/** A finished run with a large and a small artifact, a package of its own, and parameters that need an object. */
async function finished(name: string, over: Partial<NewRun> = {}): Promise<SampleRun> {
  await storePackage(name);
  const run = await home.run(trainGraph, { package: name, parameters: { name, made: new Date(0) }, ...over });
  const items = await writeItems(home.datastore, [`items of ${name}`]);
  await run.succeed('start', {
    artifacts: { [name]: randomBytes(20_000) },
    outcome: { kind: 'foreach', items },
  });
  await run.succeed('train[0]', { artifacts: { small: name, model: randomBytes(20_000) }, log: 'x\n' });
  await run.end('succeeded');
  return run;
}

/** Results of `train` in one pack; returns their keys. */
async function packed(
  { id }: SampleRun,
  models: readonly Uint8Array[],
  token = 'chunk',
): Promise<readonly string[]> {
  const pack = packKey('TrainFlow', id, 'train', token);
  const writer = createPack(home.datastore, pack);
  const artifacts = new ArtifactStore(home.datastore);
  for (const [member, model] of models.entries())
    writer?.commit(member, {
      version: 1,
      task: `train[${member}]`,
      attempt: 0,
      token: `${member}`,
      startedAt: 1,
      endedAt: 2,
      status: 'succeeded',
      outcome: { kind: 'linear' },
      artifacts: { model: artifacts.save('model', model, new InlineBudget()) },
    });
  writer?.close();
  return (await tailPack(home.datastore, pack, 0)).lines.map((line) => formatPackedKey({ pack, ...line }));
}

describe('collecting garbage', () => {
  it('leaves everything that a run refers to, and removes the rest', async () => {
    await finished('first');
    const before = await keys('');
    await home.datastore.put(`blobs/ab/${'0'.repeat(62)}`, [Buffer.from('nobody knows me')]);
    await storePackage('unused');
    await home.datastore.put('runs/TrainFlow/99/start/task@0.json', [Buffer.from('{}')]);
    const dry = await collect({ dryRun: true });
    expect(dry).toMatchObject({ runs: [], keptRuns: 1, packages: 1, objects: 4 });
    expect(await keys('')).toHaveLength(before.length + 4);
    expect(await collect()).toEqual(dry);
    expect(await keys('')).toEqual(before);
  });

  it('leaves what remote jobs left for a month, whatever the grace period', async () => {
    await finished('first');
    const before = await keys('');
    await home.datastore.put('jobs/0123/end', [Buffer.from('{}')]);
    await home.datastore.put('jobs/0123/log/a.000000', [Buffer.from('')]);
    const day = 24 * 3_600_000;
    await collect({ graceMs: 0, now: Date.now() + 29 * day });
    expect(await keys('jobs/')).toHaveLength(2);
    expect(await collect({ graceMs: 0, now: Date.now() + 31 * day })).toMatchObject({ objects: 2 });
    expect(await keys('')).toEqual(before);
  });

  it('leaves tools for a month, and those that a run which goes on may have found young enough', async () => {
    const day = 24 * 3_600_000;
    await finished('first');
    const before = await keys('');
    const store = async (): Promise<void> => {
      await home.datastore.put('tools/0123/agent.cjs', [Buffer.from('agent')]);
      await home.datastore.put('tools/node/4567/node.gz', [Buffer.from('node')]);
    };
    await store();
    await collect({ graceMs: 0, now: Date.now() + 29 * day });
    expect(await keys('tools/')).toHaveLength(2);
    expect(await collect({ graceMs: 0, now: Date.now() + 31 * day })).toMatchObject({ objects: 2 });
    expect(await keys('')).toEqual(before);
    await store();
    const run = await home.run(trainGraph);
    await (await home.metadata).renewLease(run.lease, 290 * day);
    await collect({ graceMs: 0, now: Date.now() + 300 * day });
    expect(await keys('tools/')).toHaveLength(2);
    await run.end('failed');
    await collect({ graceMs: 0, now: Date.now() + 300 * day });
    expect(await keys('tools/')).toEqual([]);
  });

  it('leaves no tools for a run that nobody has driven for a month, though it says that it runs', async () => {
    const day = 24 * 3_600_000;
    await home.datastore.put('tools/0123/agent.cjs', [Buffer.from('agent')]);
    await home.run(trainGraph);
    // Its engine was away for three weeks: its tasks may go on without it.
    await collect({ graceMs: 0, now: Date.now() + 29 * day });
    expect(await keys('tools/')).toHaveLength(1);
    await collect({ graceMs: 0, now: Date.now() + 31 * day });
    expect(await keys('tools/')).toEqual([]);
    expect(await (await home.metadata).runs({})).toMatchObject([{ status: 'running' }]);
  });

  it('leaves tools for a run whose engine has left it to go on by itself, for a month', async () => {
    const day = 24 * 3_600_000;
    await home.datastore.put('tools/0123/agent.cjs', [Buffer.from('agent')]);
    const run = await home.run(trainGraph);
    const at = Date.now() + 20 * day;
    await run.append({ type: 'cancel-requested', at, by: 'ada', force: false });
    await (await home.metadata).releaseLease(run.lease);
    await collect({ graceMs: 0, now: at + 29 * day });
    expect(await keys('tools/')).toHaveLength(1);
    await collect({ graceMs: 0, now: at + 31 * day });
    expect(await keys('tools/')).toEqual([]);
  });

  it('removes no data while a run that stays cannot be read, and says which run that is and how to let it go', async () => {
    await finished('first');
    await finished('second');
    const [manifest = ''] = await keys('runs/TrainFlow/1/start/');
    await home.datastore.put(manifest, [Buffer.from('{')]);
    await home.datastore.put(`blobs/ab/${'0'.repeat(62)}`, [Buffer.from('perhaps of the first run')]);
    const before = await keys('');
    await expect(collect()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(
        /^what 'TrainFlow\/1' refers to is not known.*'runs\/TrainFlow\/1\/start\//,
      ),
      hint: expect.stringContaining('--keep'),
    });
    expect(await keys('')).toEqual(before);
    expect(await collect({ keep: 1 })).toMatchObject({ keptRuns: 1 });
  });

  it('keeps the newest of each flow, the tagged and the driven ones', async () => {
    await finished('first');
    await finished('second', { tags: ['best'] });
    const running = await home.run(trainGraph);
    await finished('fourth');
    await finished('fifth');
    const { runs, keptRuns } = await collect({ keep: 1 });
    expect([runs.map(({ id }) => id), keptRuns]).toEqual([['4', '1'], 3]);
    const metadata = await home.metadata;
    expect((await metadata.runs({})).map(({ id }) => id)).toEqual(['5', running.id, '2']);
    expect(await keys('runs/TrainFlow/1/')).toEqual([]);
    expect((await keys('packages/')).map((key) => key.split('/')[1])).toEqual([
      'fifth',
      'fifth',
      'second',
      'second',
    ]);
  });

  it('lets an abandoned run go by the same rules', async () => {
    const abandoned = await home.run(trainGraph);
    await finished('second');
    expect((await collect({ keep: 1 })).runs).toEqual([]);
    await (await home.metadata).releaseLease(abandoned.lease);
    const { runs } = await collect({ keep: 1 });
    expect(runs).toMatchObject([{ id: abandoned.id, status: 'running' }]);
    expect((await (await home.metadata).runs({})).map(({ id }) => id)).toEqual(['2']);
  });

  it('removes by age only what is older', async () => {
    const old = await finished('first', { createdAt: 1_000 });
    await finished('second', { createdAt: 5_000 });
    expect((await collect({ olderThan: 5_000 })).runs.map(({ id }) => id)).toEqual([old.id]);
  });

  it('keeps what a resumed run took over from a run that goes', async () => {
    const origin = await finished('origin');
    const taken = 'runs/TrainFlow/1/train/0@0.json';
    const manifest = await readManifest(home.datastore, taken);
    if (manifest?.status !== 'succeeded') throw new Error('the sample is wrong');
    const run = await home.run(trainGraph, { originRun: origin.id, package: 'origin' });
    const linear = { kind: 'linear' } as const;
    const start = 'runs/TrainFlow/1/start/task@0.json';
    const split = await readManifest(home.datastore, start);
    if (split?.status !== 'succeeded' || split.outcome.kind !== 'foreach')
      throw new Error('the sample is wrong');
    const { outcome } = split;
    await run.append({ type: 'task-reused', at: 1, task: 'start', manifest: start, outcome, originRun: '1' });
    await run.append({
      type: 'task-reused',
      at: 1,
      task: 'train[0]',
      manifest: taken,
      outcome: linear,
      originRun: '1',
    });
    await run.succeed('choose', { refs: inheritArtifacts(taken, manifest) });
    await run.end('succeeded');
    expect((await collect({ keep: 1 })).runs.map(({ id }) => id)).toEqual(['1']);
    expect(await keys('runs/TrainFlow/1/')).toEqual(
      [start, taken, 'runs/TrainFlow/1/train/0@0.log'].toSorted(),
    );
    const [index] = await readItemIndex(home.datastore, outcome.items);
    expect(await home.datastore.get(index?.key ?? '')).toBeDefined();
    const artifacts = new ArtifactStore(home.datastore);
    const kept = inheritArtifacts(taken, manifest);
    expect(await artifacts.loadAsync(kept['small'] ?? expect.fail())).toBe('origin');
    expect(await artifacts.loadAsync(kept['model'] ?? expect.fail())).toHaveLength(20_000);
  });

  it('keeps what lies in packs: of a run that stays, and the packs that a resumed run took results from', async () => {
    const origin = await finished('origin');
    const [first = '', second = ''] = await packed(origin, [randomBytes(20_000), randomBytes(20_000)]);
    await home.print(origin.id, { step: 'train', path: [1], iteration: 0 }, 0, 'of the second\n');
    await packed(origin, [randomBytes(20_000)], 'nobody-needs');
    const before = await keys('');
    expect(await collect()).toMatchObject({ objects: 0 });
    const run = await home.run(trainGraph, { originRun: origin.id, package: 'origin' });
    const reused = { type: 'task-reused', at: 1, outcome: { kind: 'linear' }, originRun: origin.id } as const;
    await run.append({ ...reused, task: 'train[1]', manifest: second });
    await run.end('succeeded');
    expect((await collect({ keep: 1 })).runs.map(({ id }) => id)).toEqual([origin.id]);
    const pack = manifestObject(second);
    expect(await keys(`runs/TrainFlow/${origin.id}/`)).toEqual(
      before.filter(
        (key) =>
          key === pack || (key.startsWith(`runs/TrainFlow/${origin.id}/train/`) && key.endsWith('.log')),
      ),
    );
    const artifacts = new ArtifactStore(home.datastore);
    for (const key of [first, second]) {
      const manifest = await readManifest(home.datastore, key);
      const refs = manifest === undefined ? {} : inheritArtifacts(key, manifest);
      expect(await artifacts.loadAsync(refs['model'] ?? expect.fail())).toHaveLength(20_000);
    }
    expect(await logOfManifest(home.datastore, second)).toBe(`runs/TrainFlow/${origin.id}/train/1@0.log`);
  });

  it('removes no data while a pack of a run that stays is damaged', async () => {
    const run = await finished('first');
    const [key = ''] = await packed(run, [randomBytes(20_000)]);
    await home.datastore.append(manifestObject(key), Buffer.from('[0,"torn but ended\n'));
    await expect(collect()).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(manifestObject(key)),
    });
  });

  it('keeps a run whose results are being taken over', async () => {
    const origin = await finished('origin');
    const taker = await home.run(trainGraph, { originRun: origin.id });
    expect((await collect({ keep: 0 })).runs).toEqual([]);
    await taker.end('succeeded');
    expect((await collect({ keep: 0 })).runs).toHaveLength(2);
    expect(await keys('')).toEqual([]);
  });

  it('leaves alone what is young', async () => {
    await home.datastore.put(`blobs/ab/${'0'.repeat(62)}`, [Buffer.from('somebody is about to name me')]);
    await storePackage('new');
    expect(await collect({ now: Date.now() })).toMatchObject({ objects: 0, packages: 0 });
  });
});
