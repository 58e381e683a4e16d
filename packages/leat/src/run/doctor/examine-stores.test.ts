import { randomBytes } from 'node:crypto';
import { writeFileSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SampleHome, type SampleRun, trainGraph } from '../../client/sample-runs.fixture.ts';
import { writeItems } from '../../datastore/items/write-items.ts';
import { packKey, sourcesKey } from '../../datastore/keys.ts';
import { createPack } from '../../datastore/packs/pack-writer.ts';
import { readManifestSync } from '../../datastore/read-manifest.ts';
import type { NewRun } from '../../metadata/metadata-store.ts';
import { saveParameters } from '../../datastore/save-parameters.ts';
import { encodeSources } from '../../datastore/source-index.ts';
import { type ExamineOptions, examineStores } from './examine-stores.ts';
import type { Finding } from './finding.ts';

let home: SampleHome;
beforeEach(() => {
  home = new SampleHome();
});
afterEach(async () => home.dispose());

async function examine(options: Partial<ExamineOptions> = {}): Promise<Finding[]> {
  const found: Finding[] = [];
  const { findings } = await examineStores(
    { metadata: await home.metadata, datastore: home.datastore },
    { ...options, report: (finding) => found.push(finding) },
  );
  expect(findings.error + findings.warning + findings.note).toBe(found.length);
  return found;
}

const kinds = (found: readonly Finding[]): string[] => found.map(({ kind }) => kind).toSorted();

/** A run whose `start` leaves a large artifact and items, with all that it refers to. */
async function started(over: Partial<NewRun> = {}): Promise<SampleRun> {
  await home.datastore.put('packages/abc/flow.js', [Buffer.from('code')]);
  const file = {
    name: 'flow.js',
    size: 4,
    hash: '5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b',
  };
  await home.datastore.put('packages/abc/package.json', [
    Buffer.from(JSON.stringify({ hash: 'abc', files: [file] })),
  ]);
  const run = await home.run(trainGraph, {
    package: 'abc',
    parametersKey: saveParameters(home.datastore, { since: new Date(0) }),
    plan: { steps: { start: {}, train: {}, choose: {}, end: {} } },
    ...over,
  });
  await run.succeed('start', {
    artifacts: { large: randomBytes(20_000), small: 'text' },
    outcome: { kind: 'foreach', items: await writeItems(home.datastore, ['a']) },
  });
  return run;
}

const largeKey = (run: SampleRun): string => {
  const manifest = readManifestSync(home.datastore, `runs/TrainFlow/${run.id}/start/task@0.json`);
  const hash = manifest?.status === 'succeeded' ? (manifest.artifacts['large']?.hash ?? '') : '';
  return `blobs/${hash.slice(0, 2)}/${hash.slice(2)}`;
};

describe('a store', () => {
  it('that is whole has no findings', async () => {
    await (await started()).end('succeeded');
    expect(await examine()).toEqual([]);
  });

  it('with a pack whose lines cannot be followed names the pack, also where all its results can be read', async () => {
    const run = await started();
    const pack = packKey('TrainFlow', run.id, 'train', 'token');
    createPack(home.datastore, pack)?.close();
    await home.datastore.append(pack, Buffer.from('[0,"torn but ended\n'));
    await run.end('succeeded');
    expect(await examine()).toMatchObject([
      {
        level: 'error',
        kind: 'manifest-damaged',
        key: pack,
        message: expect.stringContaining('byte 0') as string,
      },
    ]);
    expect(await examine({ quick: true })).toEqual([]);
  });

  it('with a list of inputs that is torn says so while the run needs it', async () => {
    const run = await started();
    const columns = { kind: [0, 0], pack: [0, 0], offset: [0, 0], length: [0, 0] };
    const kinds = [{ step: 'train', iteration: 0, attempt: 0, run: run.id }];
    const parts = encodeSources({ flow: 'TrainFlow', path: [], kinds, packs: [], count: 2, ...columns });
    const key = sourcesKey('TrainFlow', run.id, { step: 'choose', path: [], iteration: 0 }, 0);
    await home.datastore.put(key, parts);
    expect(await examine()).toEqual([]);
    await home.datastore.put(key, parts.slice(0, -1));
    expect(await examine()).toMatchObject([
      { level: 'warning', key, repair: `leat recover TrainFlow/${run.id}` },
    ]);
    await run.end('succeeded');
    expect(await examine()).toEqual([]);
  });

  it('with a run that nobody drives says how much was under way, and names the command that takes it up', async () => {
    const run = await started();
    const failure = { reason: 'error', type: 'Error', message: 'it broke' } as const;
    const submitted = { type: 'attempt-submitted', at: 1, attempt: 0, layer: 'local' } as const;
    await run.append(
      { ...submitted, task: 'train[0]', token: 'a' },
      { ...submitted, task: 'train[1]', token: 'b' },
      { type: 'attempt-state', at: 2, task: 'train[1]', attempt: 0, state: 'running' },
    );
    // Of these one is to be tried again; the other has failed, and 'start' has succeeded.
    await run.fail('train[2]', failure, Date.now() + 1_000);
    await run.fail('train[3]', failure);
    const found = await examine({ now: Date.now() + 3_600_000 });
    expect(found).toMatchObject([
      {
        level: 'warning',
        kind: 'run-abandoned',
        message: `nobody drives 'TrainFlow/${run.id}' any more, and it has not ended: 3 of its tasks were under way`,
        repair: `leat recover TrainFlow/${run.id}`,
      },
    ]);
  });

  it('with a lease that lasts far too long says that a clock was wrong', async () => {
    const run = await started();
    const metadata = await home.metadata;
    await metadata.renewLease(run.lease, 5 * 3_600_000);
    expect(kinds(await examine())).toEqual(['lease-ahead']);
  });

  it('moves nothing while an engine drives a run', async () => {
    const run = await started();
    const metadata = await home.metadata;
    await metadata.acquireLease('TrainFlow', run.id, `${hostname()}:${process.pid}`, 60_000, true);
    const key = largeKey(run);
    await home.datastore.put(key, [randomBytes(20_000)]);
    const found = await examine({ repair: true });
    expect(kinds(found)).toEqual(['content-damaged', 'set-aside']);
    expect(await home.datastore.stat(key)).toBeDefined();
  });

  it('moves damaged content and packages aside when it is asked to', async () => {
    const run = await started();
    await run.end('failed');
    const key = largeKey(run);
    await home.datastore.put(key, [randomBytes(20_000)]);
    await home.datastore.put('packages/abc/flow.js', [Buffer.from('eodc')]);
    const found = await examine({ repair: true });
    expect(kinds(found)).toEqual(['content-damaged', 'package-damaged']);
    for (const { repaired } of found) expect(repaired).toContain("moved to 'damaged/");
    expect(await home.datastore.stat(key)).toBeUndefined();
    expect(await home.datastore.stat('packages/abc/package.json')).toBeUndefined();
    expect((await home.datastore.get(`damaged/${key}`))?.byteLength).toBe(20_000);
  });

  it('tells of damage in what nothing refers to, since a step may come to the same value', async () => {
    await (await started()).end('succeeded');
    await home.datastore.put(`blobs/ab/${'c'.repeat(62)}`, [Buffer.from('nonsense')]);
    expect(kinds(await examine())).toEqual(['content-damaged']);
    expect(await examine({ quick: true })).toEqual([]);
  });

  it('tells of parameters, of a result of another task, and of folders of unknown runs', async () => {
    const run = await started();
    const { datastore } = home;
    const start = await datastore.get(`runs/TrainFlow/${run.id}/start/task@0.json`);
    const key = await run.succeed('train[0]');
    await datastore.put(key, [start ?? new Uint8Array(0)]);
    await datastore.put('runs/TrainFlow/77/start/task@0.json', [start ?? new Uint8Array(0)]);
    await run.end('succeeded');
    const record = await (await home.metadata).run('TrainFlow', run.id);
    await datastore.delete([record?.parametersKey ?? '']);
    const found = await examine();
    expect(kinds(found)).toEqual(['content-missing', 'manifest-damaged', 'unknown-run']);
    expect(found.find(({ kind }) => kind === 'manifest-damaged')).toMatchObject({ task: 'train[0]' });
  });

  it('tells of parameters that stand in their key, and repeats none of them', async () => {
    await (await started({ parametersKey: 'json:{"alpha":1}' })).end('succeeded');
    expect(await examine()).toEqual([]);
    await (await started({ parametersKey: 'json:{"alpha":' })).end('succeeded');
    const [finding, ...more] = await examine();
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ kind: 'content-damaged', run: 'TrainFlow/2' });
    expect(finding).not.toHaveProperty('key');
    expect(finding?.message.split('alpha')).toHaveLength(2);
  });

  it('counts what only takes room, and removes temporary files when it is asked to', async () => {
    await (await started()).end('succeeded');
    const left = join(home.folder, 'store', 'runs', '.leat-tmp-1-abc-1');
    writeFileSync(left, 'half');
    utimesSync(left, 1, 1);
    const old = join(home.folder, 'store', (await written()) ?? '');
    utimesSync(old, 1, 1);
    expect(kinds(await examine())).toEqual(['temporary-files', 'unreferenced']);
    expect((await examine({ repair: true })).find(({ kind }) => kind === 'temporary-files')).toMatchObject({
      repaired: 'removed',
    });
    expect(kinds(await examine())).toEqual(['unreferenced']);
  });

  it('is checked for one run alone', async () => {
    const first = await started();
    await home.datastore.delete([largeKey(first)]);
    await first.end('succeeded');
    const second = await started();
    await second.end('succeeded');
    expect(await examine({ only: { flow: 'TrainFlow', id: second.id } })).toEqual([]);
    expect(kinds(await examine({ only: { flow: 'TrainFlow' } }))).toEqual(['content-missing']);
  });

  it('is checked without metadata', async () => {
    const run = await started();
    await home.datastore.delete([largeKey(run)]);
    const found: Finding[] = [];
    await examineStores(
      { metadata: undefined, datastore: home.datastore },
      { repair: true, report: (finding) => found.push(finding) },
    );
    expect(kinds(found)).toEqual(['content-missing', 'set-aside']);
  });
});

/** Content that nothing refers to; returns its key. */
async function written(): Promise<string | undefined> {
  return (await writeItems(home.datastore, ['nobody has me'])).index;
}
