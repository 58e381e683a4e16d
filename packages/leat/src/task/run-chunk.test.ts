import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { OutputFile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../datastore/artifact-store.ts';
import { commitAttempt } from '../datastore/commit-attempt.ts';
import type { AttemptManifest } from '../datastore/manifest.ts';
import { InlineBudget } from '../datastore/inline-budget.ts';
import { locateItem, readItemIndex } from '../datastore/items/item-index.ts';
import { writeItems } from '../datastore/items/write-items.ts';
import { manifestKey } from '../datastore/keys.ts';
import { formatPackedKey } from '../datastore/packs/packed-key.ts';
import { tailPack } from '../datastore/packs/tail-pack.ts';
import { readManifestSync } from '../datastore/read-manifest.ts';
import { saveParameters } from '../datastore/save-parameters.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import { failureText, TaskBench } from './task.fixture.ts';

const source = `
class Flow {}
Object.defineProperty(Flow, Symbol.for('leat.flow/1'), { value: true });
const current = () => globalThis[Symbol.for('leat.current/1')];
let ran = 0;
export default class TestFlow extends Flow {
  plain(item) { this.item = item; this.ran = ran += 1; this.leftOver = this.before; this.before = item; }
  facts() { this.env = process.env.LEAT_TASK; this.task = current().task; this.index = current().index; }
  settings() { const { list } = current().parameters; list.push('mine'); this.size = list.length; }
  inherits() { this.model.push('mine'); this.size = this.model.length; }
  speaks(item) { if (item !== 2) return; process.stdout.write('no line end'); console.error('of ' + item); }
  mutates(item) { item.push(1); this.size = item.length; }
  throwsAt2(item) { if (item === 2) throw new RangeError('two'); this.item = item; }
  async throwsLater(item) { this.item = item; if (item !== 1) return; setTimeout(() => { throw new TypeError('later'); }); await new Promise(() => {}); }
  leaves(item) { this.item = item; if (item === 1) process.exit(0); }
  async never(item) { this.item = item; if (item === 1) await new Promise(() => {}); }
  dies(item) { this.item = item; if (item === 1) process.kill(process.pid, 'SIGKILL'); for (; item === 1;); }
  orphaned(item) {
    this.item = item;
    if (item !== 1) return;
    console.error('left ' + process.getBuiltinModule('child_process').spawn('sleep', ['600'], { stdio: 'ignore' }).pid);
    const parent = process.ppid;
    process.kill(parent, 'SIGKILL');
    while (process.ppid === parent);
  }
  floods(item) { for (let i = 0; i < 2000; i += 1) console.log(item + ' ' + 'x'.repeat(100)); }
}
`;

const mark = 'a-mark-of-this-chunk';
const bench = new TaskBench(undefined);
const { folder, store } = bench;
const runner = path.join(folder, 'runner.cjs');
const packageFolder = path.join(folder, 'packages', 'test');

beforeAll(async () => {
  mkdirSync(packageFolder, { recursive: true });
  writeFileSync(path.join(packageFolder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(packageFolder, 'flow.js'), source);
  const script = new URL('../../../../scripts/runner-bundle.ts', import.meta.url).href;
  const { buildRunner } = (await import(script)) as {
    readonly buildRunner: (into: string) => Promise<readonly OutputFile[]>;
  };
  for (const { path: file, contents } of await buildRunner(folder)) writeFileSync(file, contents);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** In the order of the pack: the member, and what became of it. */
  readonly results: readonly (readonly [number, AttemptManifest | undefined])[];
  /** The member that the process says it ended with. */
  readonly last: number | undefined;
}

let counter = 0;

interface Chunk {
  readonly items?: readonly unknown[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly pack?: string;
  /** A program and its first arguments that the process is started with. */
  readonly launcher?: readonly string[];
}

/** Runs a step over some items as a compute layer would run a chunk. */
async function runChunk(
  step: string,
  { items = [0, 1, 2, 3], parameters = {}, ...over }: Chunk = {},
): Promise<Ended> {
  counter += 1;
  const stored = await writeItems(store, items);
  const index = await readItemIndex(store, stored);
  const manifest = manifestKey('TestFlow', '1', { step: `start${counter}`, path: [], iteration: 0 }, 0);
  const model = new ArtifactStore(store).save('model', ['given'], new InlineBudget());
  commitAttempt(store, manifest, {
    version: 1,
    task: 'start',
    attempt: 0,
    token: 'start',
    startedAt: 1,
    endedAt: 2,
    status: 'succeeded',
    outcome: { kind: 'foreach', items: stored },
    artifacts: { model },
  });
  const specs = items.map((_, at) =>
    bench.spec(`${step}[${at}]`, {
      package: 'test',
      takes: 'item',
      parameters: saveParameters(store, parameters),
      sources: [{ step: 'start', task: 'start', manifest }],
      foreach: [{ step: 'start', index: at, count: items.length, item: locateItem(index, at) }],
    }),
  );
  const pack = over.pack ?? `runs/TestFlow/1/${step}/${counter}.pack`;
  const [spec] = specs;
  if (spec === undefined) throw new TypeError('no items');
  const members = specs.map(({ task, path: own, foreach }, at) =>
    at === 0 ? {} : { task, path: own, foreach },
  );
  const message: TaskMessage = {
    spec,
    chunk: { pack, members, mark },
    environment: {},
    resources: { cpu: 1, memory: 1, gpu: 0, disk: 0 },
    datastore: store.url,
  };
  const [program, ...rest] = [...(over.launcher ?? []), process.execPath, runner, packageFolder];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  (child.stdio[3] as NodeJS.WritableStream).end(`${JSON.stringify(message)}\n`);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    ended,
  ]);
  const { lines } = await tailPack(store, pack, 0);
  const results = lines.map(
    ({ member, offset, length }) =>
      [member, readManifestSync(store, formatPackedKey({ pack, offset, length }))] as const,
  );
  return { code, stdout, stderr, results, last: lines.find(({ last }) => last)?.member };
}

/** One that has ended and that nobody has asked for (a container may have no process that does) does not run. */
function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** The artifacts of each member, or why it failed. */
const told = ({ results }: Ended): readonly (readonly [number, unknown])[] =>
  results.map(([member, manifest]) => {
    if (manifest === undefined) return [member, undefined];
    return [member, manifest.status === 'succeeded' ? bench.values(manifest) : failureText(manifest)];
  });

const marks = (count: number): string => Array.from({ length: count }, (_, at) => `${mark} ${at}\n`).join('');

describe('a chunk', () => {
  it('runs each member as a task of its own, in one process', async () => {
    const ended = await runChunk('plain');
    expect(ended).toMatchObject({ code: 0, stdout: marks(4), stderr: marks(4), last: undefined });
    expect(told(ended)).toEqual(
      [0, 1, 2, 3].map((item) => [
        item,
        { model: ['given'], item, ran: item + 1, before: item, leftOver: undefined },
      ]),
    );
    expect(ended.results[2]?.[1]).toMatchObject({ task: 'plain[2]', attempt: 0 });
  });

  it('tells each member who it is', async () => {
    expect(told(await runChunk('facts', { items: ['a', 'b'] }))).toMatchObject([
      [0, { env: 'TestFlow/1/facts[0]@0', task: 'TestFlow/1/facts[0]', index: 0 }],
      [1, { env: 'TestFlow/1/facts[1]@0', task: 'TestFlow/1/facts[1]', index: 1 }],
    ]);
  });

  it('gives each member parameters, artifacts and an item that no other has changed', async () => {
    const items = [[0], [0], [0]];
    const sizes = async (step: string, chunk?: Chunk): Promise<readonly unknown[]> =>
      told(await runChunk(step, { items, ...chunk })).map(([, values]) => (values as { size: number }).size);
    expect(await sizes('settings', { parameters: { list: ['given'] } })).toEqual([2, 2, 2]);
    expect(await sizes('inherits')).toEqual([2, 2, 2]);
    expect(await sizes('mutates')).toEqual([2, 2, 2]);
    expect(await sizes('mutates', { items: [[0], Array.from({ length: 100_000 }, String), [0]] })).toEqual([
      2, 100_001, 2,
    ]);
  });

  it('tells whose output is whose, however it ends', async () => {
    const { stdout, stderr } = await runChunk('speaks');
    expect(stdout).toBe(`${mark} 0\n${mark} 1\n${mark} 2\nno line end${mark} 3\n`);
    expect(stderr).toBe(`${mark} 0\n${mark} 1\n${mark} 2\nof 2\n${mark} 3\n`);
  });

  it('loses none of much output', async () => {
    const { stdout } = await runChunk('floods');
    expect(stdout.length).toBe(marks(4).length + 4 * 2000 * 103);
  });

  it('goes on after a member whose step throws', async () => {
    const ended = await runChunk('throwsAt2');
    expect(ended).toMatchObject({ code: 0, last: undefined });
    expect(told(ended)).toMatchObject([
      [0, { item: 0 }],
      [1, { item: 1 }],
      [2, 'two'],
      [3, { item: 3 }],
    ]);
  });

  it.each([
    ['throwsLater', 'later'],
    ['leaves', "step 'leaves' called process.exit(0) before it had ended"],
    ['never', 'never ended'],
  ])('ends with the member that something outside of its promise ended: %s', async (step, message) => {
    const ended = await runChunk(step);
    expect(ended).toMatchObject({ code: 1, last: 1 });
    expect(told(ended)).toEqual([
      [0, expect.objectContaining({ item: 0 })],
      [1, expect.stringContaining(message)],
    ]);
    expect(ended.stdout).toBe(marks(2));
  });

  it('leaves what was finished when it is killed, and nothing of the rest', async () => {
    const ended = await runChunk('dies');
    expect(ended).toMatchObject({ code: null, last: undefined });
    expect(told(ended)).toMatchObject([[0, { item: 0 }]]);
  });

  it('begins no other member when whoever started it is gone, and leaves nothing running', async () => {
    // The shell is the parent, and the process leads a group as with the local layer.
    const launcher = ['/bin/sh', '-c', 'setsid "$0" "$@"; :'];
    const ended = await runChunk('orphaned', { launcher });
    expect(told(ended)).toMatchObject([
      [0, { item: 0 }],
      [1, { item: 1 }],
    ]);
    expect(ended.stdout).toBe(marks(2));
    const left = /left (\d+)/.exec(ended.stderr)?.[1];
    expect(left).toBeDefined();
    await expect.poll(() => runs(Number(left))).toBe(false);
  });

  it('is worked through by one process only', async () => {
    const pack = 'runs/TestFlow/1/plain/once.pack';
    const first = await runChunk('plain', { pack });
    const second = await runChunk('plain', { pack });
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toContain('another process works through this chunk');
    expect(second.results).toEqual(first.results);
  });
});
