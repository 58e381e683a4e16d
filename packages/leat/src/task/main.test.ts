import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { build, type BuildOptions, type OutputFile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasEnded } from '../datastore/fs/machine-name.ts';
import type { AttemptManifest } from '../datastore/manifest.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import { markScript } from '../package/flow-script.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { TaskBench } from './task.fixture.ts';

const source = `import { helper } from './helper.ts';
interface Anything { readonly typescript: true }
const loadedWith: string | undefined = process.env['LEAT_TEST'];

class Flow {}
Object.defineProperty(Flow, Symbol.for('leat.flow/1'), { value: true });

export default class TestFlow extends Flow {
  declare value: unknown;
  fine() { this.value = loadedWith; setInterval(() => {}, 1000); }
  fails() {
    helper('bad');
  }
  throwsText() { throw 'a text'; }
  later() { setTimeout(() => { throw new TypeError('later'); }, 1); return new Promise(() => {}); }
  rejects() { void Promise.reject(new SyntaxError('nobody waits for me')); return new Promise((done) => setTimeout(done, 60_000)); }
  handles() { process.on('uncaughtException', () => { this.value = 'handled'; this.done(); }); setTimeout(() => { throw new Error('x'); }, 1); return new Promise<void>((done) => { this.done = done; }); }
  declare done: () => void;
  never() { return new Promise(() => {}); }
  leaves() { process.exit(0); }
  async leavesLater() { await 1; process.exit(3); }
  forgets() { void this.save(); }
  async save() { await 1; throw new RangeError('not awaited'); }
  prints() { process.stdout.write('x'.repeat(2_000_000)); console.error('also'); }
  lists() { process.on('exit', () => process.getBuiltinModule('fs').writeFileSync(process.env['LEAT_TEST'] ?? '', process.moduleLoadList.join('\\n'))); }
  many() { this.numbers = Array.from({ length: 1000 }, (_, index) => index); }
  declare numbers: number[];
  turns() { let sum = 0; for (let turn = 0; turn < 1e6; turn += 1) sum += turn % 3; this.value = sum; }
  waits() { process.getBuiltinModule('fs').writeFileSync(process.env['LEAT_TEST'] ?? '', String(process.pid)); return new Promise((done) => setTimeout(done, 3_600_000)); }
  tells() { const { LeatError } = (globalThis as any)[Symbol.for('leat.language/1')]; this.value = new LeatError('NOT_FOUND', 'nothing'); console.log(LeatError.name, this.value); }
  marker() { this.value = process.env['LEAT_TASK']; }
}
`;
const helperSource = `// A file of the user's own.
export function helper(message: string): never {
  throw new RangeError(message);
}
`;

const patient = { timeout: 15_000 };

/** Named by a hash, as packages are. */
const markedPackage = 'ab'.repeat(32);

let folder = '';
let runner = '';
let sources = '';

/** `mark`: as packages are built. */
async function bundle(name: string, contents: string, mark = false): Promise<void> {
  writeFileSync(path.join(sources, `${name}.ts`), contents);
  const target = path.join(folder, 'packages', name);
  const options: BuildOptions = {
    format: 'esm',
    platform: 'node',
    bundle: true,
    sourcemap: 'linked',
    target: 'node24',
    absWorkingDir: sources,
  };
  const result = await build({
    ...options,
    entryPoints: [`${name}.ts`],
    outfile: path.join(sources, 'flow.js'),
    write: false,
  });
  mkdirSync(target, { recursive: true });
  for (const file of result.outputFiles)
    writeFileSync(path.join(target, path.basename(file.path)), file.contents);
  const marked = mark
    ? markScript(readFileSync(path.join(target, 'flow.js'), 'utf8'), () => true)
    : undefined;
  if (marked !== undefined) writeFileSync(path.join(target, 'flow.js'), marked);
  writeFileSync(path.join(target, 'package.json'), JSON.stringify({ type: 'module', root: sources }));
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-main-'));
  sources = path.join(folder, 'sources');
  mkdirSync(sources);
  writeFileSync(path.join(sources, 'helper.ts'), helperSource);
  await bundle('test', source);
  await bundle(markedPackage, source, true);
  await bundle('torn', "throw new RangeError('at the top');\nexport default 1;");
  await bundle('waits', 'await new Promise(() => {});\nexport default 1;');
  await bundle('awaits', `await Promise.resolve();\n${source}`);
  const script = new URL('../../../../scripts/runner-bundle.ts', import.meta.url).href;
  const { buildRunner } = (await import(script)) as {
    readonly buildRunner: (folder: string) => Promise<readonly OutputFile[]>;
  };
  for (const { path: file, contents } of await buildRunner(folder)) writeFileSync(file, contents);
  runner = path.join(folder, 'runner.cjs');
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly manifest: AttemptManifest | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly hash?: string;
  readonly ahead?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** End the channel without a message. */
  readonly silent?: boolean;
  readonly spec?: Partial<TaskSpec>;
  /** Where the runner keeps its compiled code. */
  readonly cache?: string;
  /** What the process is told that it will probably do. */
  readonly likely?: string;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** What it is told of who has started it; then it leads a group of its own, as under a layer. */
  readonly parent?: string;
}

let counter = 0;

/** Runs a step as a compute layer would. */
async function run(
  step: string,
  {
    hash = 'test',
    ahead = true,
    environment = {},
    silent = false,
    spec: over = {},
    cache,
    likely,
    flags = [],
    parent,
  }: RunOptions = {},
): Promise<Ended> {
  counter += 1;
  const spec = new TaskBench(undefined).spec(step, {
    package: hash,
    manifest: `runs/${counter}.json`,
    ...over,
  });
  const resources = { cpu: 1, memory: 1, gpu: 0, disk: 0 };
  const message: TaskMessage = { spec, environment, resources, datastore: new URL(`file://${folder}`).href };
  const args = [...flags, runner, ...(ahead ? [path.join(folder, 'packages', hash)] : [])];
  const child = spawn(process.execPath, args, {
    detached: parent !== undefined,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...(cache === undefined ? {} : { LEAT_COMPILE_CACHE: cache }),
      ...(likely === undefined ? {} : { LEAT_LIKELY_WORK: likely }),
      ...(parent === undefined ? {} : { LEAT_PARENT: parent }),
    },
  });
  const channel = child.stdio[3] as NodeJS.WritableStream;
  channel.on('error', () => undefined);
  channel.end(silent ? '' : `${JSON.stringify(message)}\n`);
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    ended,
  ]);
  return { code, stdout, stderr, manifest: manifestOf(spec.manifest) };
}

function manifestOf(key: string): AttemptManifest | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, key), 'utf8')) as AttemptManifest;
  } catch {
    return undefined;
  }
}

/** The failure of a step that is expected to fail. */
async function failureOf(
  step: string,
  options?: RunOptions,
): Promise<Extract<AttemptManifest, { status: 'failed' }>['failure'] & { readonly exit: number | null }> {
  const { manifest, code, stderr } = await run(step, options);
  if (manifest?.status !== 'failed') throw new Error(`${JSON.stringify(manifest)}\n${stderr}`);
  return { ...manifest.failure, exit: code };
}

describe('the process of a task', { timeout: 30_000 }, () => {
  it('does not begin when whoever has started it is gone already, though the parent that it has now lives', async () => {
    expect(await run('fine', { parent: '2147483646' })).toMatchObject({ code: null, manifest: undefined });
    expect(await run('fine', { parent: `${process.pid}` })).toMatchObject({ code: 0 });
  });

  it('ends soon after whoever has started it, whatever its step waits for', async () => {
    const spec = new TaskBench(undefined).spec('waits', { package: 'test', manifest: 'runs/orphan.json' });
    const resources = { cpu: 1, memory: 1, gpu: 0, disk: 0 };
    const file = (name: string): string => path.join(folder, name);
    const told = file('orphan-message.json');
    const datastore = new URL(`file://${folder}`).href;
    const message: TaskMessage = { spec, environment: {}, resources, datastore };
    writeFileSync(told, `${JSON.stringify(message)}\n`);
    writeFileSync(
      file('starter.cjs'),
      `const { openSync } = require('node:fs');
       const stdio = ['ignore', 'ignore', 'ignore', openSync(process.env.TOLD)];
       const env = { ...process.env, LEAT_PARENT: String(process.pid) };
       require('node:child_process').spawn(process.execPath, process.argv.slice(2), { detached: true, stdio, env });`,
    );
    const args = [file('starter.cjs'), runner, path.join(folder, 'packages', 'test')];
    const env = { ...process.env, TOLD: told, LEAT_TEST: file('orphan.pid') };
    const starter = spawn(process.execPath, args, { stdio: 'ignore', env });
    const begun = (): number => (existsSync(env.LEAT_TEST) ? Number(readFileSync(env.LEAT_TEST, 'utf8')) : 0);
    try {
      await expect.poll(begun, patient).toBeGreaterThan(0);
      starter.kill('SIGKILL');
      await expect.poll(() => hasEnded(begun()), patient).toBe(true);
    } finally {
      starter.kill('SIGKILL');
      const task = begun();
      if (task > 0 && !hasEnded(task)) process.kill(task, 'SIGKILL');
    }
  });

  it('ends when the step has ended, with 0, whatever is still open', async () => {
    expect(await run('fine')).toMatchObject({
      code: 0,
      manifest: { status: 'succeeded' },
      stdout: '',
      stderr: '',
    });
  });

  it('loads few modules of Node besides those that every process loads: each costs all tasks', async () => {
    const list = path.join(folder, 'modules.txt');
    const cache = path.join(folder, 'modules-cache');
    const options = { hash: markedPackage, environment: { LEAT_TEST: list }, ahead: false, cache };
    // The first one keeps what it has compiled, too.
    for (let round = 0; round < 2; round += 1) expect(await run('lists', options)).toMatchObject({ code: 0 });
    const bare = path.join(folder, 'bare.cjs');
    writeFileSync(bare, "process.stdout.write(process.moduleLoadList.join('\\n'))");
    const always = new Set(execFileSync(process.execPath, [bare], { encoding: 'utf8' }).split('\n'));
    const more = readFileSync(list, 'utf8')
      .split('\n')
      .filter((name) => !always.has(name));
    expect(more).toEqual(['NativeModule vm']);
  });

  it('does nothing so often that it sets the optimizing compilers of V8 to work, however much a small result says', async () => {
    const source = { step: 'many', task: 'many', manifest: 'runs/many.json' };
    const options = { hash: markedPackage, cache: path.join(folder, 'traced-cache') };
    expect(await run('many', { ...options, spec: { manifest: source.manifest } })).toMatchObject({ code: 0 });
    const traced = { ...options, flags: ['--trace-opt', '--trace-file-names'], spec: { sources: [source] } };
    const optimized = (stdout: string): readonly unknown[] =>
      [...stdout.matchAll(/marking \w+ <JSFunction (.*) \(sfi/g)].map(([, name]) => name);
    // The first one compiles, the second one starts with what that has kept.
    for (let round = 0; round < 2; round += 1) {
      const { stdout, manifest } = await run('fine', traced);
      expect(manifest).toMatchObject({ artifacts: { numbers: { stored: 'manifest' } } });
      // Some of Node's own functions are, as it starts.
      expect(optimized(stdout).filter((name) => !String(name).includes('<node:'))).toEqual([]);
    }
    expect(optimized((await run('turns', traced)).stdout)).toContainEqual(expect.stringMatching(/^turns </));
  });

  it('shows the classes of Leat by their own names, however short those of its program are', async () => {
    const { manifest, stdout } = await run('tells');
    expect(manifest).toMatchObject({ artifacts: { value: { type: 'LeatError' } } });
    expect(stdout).toMatch(/^LeatError LeatError: nothing\n/);
  });

  it('runs a flow that is marked as a script as it runs one that is not, also with its compiled code', async () => {
    const cache = path.join(folder, 'marked-cache');
    const { exit: _exit, ...asModule } = await failureOf('fails');
    for (let round = 0; round < 2; round += 1) {
      const { exit: _code, ...asScript } = await failureOf('fails', { hash: markedPackage, cache });
      // The file of the flow has the name of its package here.
      expect(JSON.parse(JSON.stringify(asScript).replaceAll(markedPackage, 'test'))).toEqual(asModule);
    }
    expect(readdirSync(cache).some((name) => name.startsWith(`flow-${markedPackage}`))).toBe(true);
    expect(await run('leaves', { hash: markedPackage, cache })).toMatchObject({ code: 1 });
  });

  it('ends silently when nobody tells it a task', async () => {
    expect(await run('fine', { silent: true })).toEqual({
      code: 0,
      manifest: undefined,
      stdout: '',
      stderr: '',
    });
  });

  it('sets variables before the flow is loaded, when it was not told to load it ahead', async () => {
    const { manifest } = await run('fine', { ahead: false, environment: { LEAT_TEST: 'early' } });
    expect(manifest).toMatchObject({
      artifacts: { value: { type: 'string', data: Buffer.from('\u0006utf8/1early').toString('base64') } },
    });
  });

  it('runs a flow that awaits at its top level', async () => {
    expect(await run('fine', { hash: 'awaits' })).toMatchObject({
      code: 0,
      manifest: { status: 'succeeded' },
    });
  });

  it('loses nothing of what the step prints', async () => {
    const { stdout, stderr } = await run('prints');
    expect(stdout).toHaveLength(2_000_000);
    expect(stderr).toBe('also\n');
  });
});

/** Names of the files with what was compiled of the program; Node keeps the flow's beside them. */
const programsIn = (cache: string): string[] => readdirSync(cache).filter((name) => name.startsWith('task-'));

describe('the compiled code of tasks', { timeout: 30_000 }, () => {
  it('is kept once for each kind of work, and holds nothing of another', async () => {
    const cache = mkdtempSync(path.join(folder, 'cache-'));
    const kinds = (): string[] => programsIn(cache).map((name) => /nothing-[a-z]+/.exec(name)?.[0] ?? name);
    const inodes = (): number[] => programsIn(cache).map((name) => statSync(path.join(cache, name)).ino);
    await run('marker', { cache, silent: true });
    expect(kinds()).toEqual([]);
    await run('marker', { cache });
    expect(kinds()).toEqual(['nothing-end']);
    const linear = { next: { kind: 'linear', to: 'end' } } as const;
    // It has taken in what was compiled for the other kind.
    await run('marker', { cache, spec: linear, likely: 'nothing-end/marker' });
    expect(kinds()).toEqual(['nothing-end']);
    await run('marker', { cache, spec: linear, likely: 'nothing-linear/marker' });
    expect(kinds()).toEqual(['nothing-end', 'nothing-linear']);
    const before = inodes();
    for (const likely of ['nothing-end/marker', 'nothing-linear/marker', 'no such'])
      await run('marker', { cache, spec: linear, likely });
    expect(inodes()).toEqual(before);
  });

  it('is made again when it is damaged', async () => {
    const cache = mkdtempSync(path.join(folder, 'cache-'));
    await run('marker', { cache });
    const file = path.join(cache, programsIn(cache)[0] ?? '');
    writeFileSync(file, 'rubbish');
    const again = await run('marker', { cache, likely: 'nothing-end/marker' });
    expect(again.manifest?.status).toBe('succeeded');
    expect(statSync(file).size).toBeGreaterThan(10_000);
  });
});

describe('the draft of the compiled code', { timeout: 30_000 }, () => {
  it('is left to the task that writes it, and removed when that one was killed', async () => {
    const cache = mkdtempSync(path.join(folder, 'cache-'));
    await run('marker', { cache });
    const [file = ''] = programsIn(cache);
    rmSync(path.join(cache, file));
    const draft = path.join(cache, `${file}.draft`);
    writeFileSync(draft, 'half');
    await run('marker', { cache });
    expect(programsIn(cache)).toEqual([`${file}.draft`]);
    utimesSync(draft, 1, 1);
    await run('marker', { cache });
    expect(programsIn(cache)).toEqual([file]);
  });
});

describe('the failure of a task', { timeout: 30_000 }, () => {
  it('tells the places in the files of the user, and only those', async () => {
    const { exit, stack, place, frame, type } = await failureOf('fails');
    const helper = path.join(sources, 'helper.ts');
    expect({ exit, type, place }).toEqual({
      exit: 1,
      type: 'RangeError',
      place: { file: helper, line: 3, column: 9 },
    });
    expect(stack).toBe(
      `RangeError: bad\n    at helper (${helper}:3:9)\n    at TestFlow.fails (${path.join(sources, 'test.ts')}:12:5)`,
    );
    expect(frame).toContain('> 3 |   throw new RangeError(message);\n    |         ^');
  });

  it.each([
    ['throwsText', { type: 'string', message: 'a text' }],
    ['later', { type: 'TypeError', message: 'later', place: { line: 15 } }],
    ['rejects', { type: 'SyntaxError', message: 'nobody waits for me', place: { line: 16 } }],
    ['forgets', { type: 'RangeError', message: 'not awaited', place: { line: 23 } }],
    ['never', { code: 'TASK_FAILED', message: expect.stringContaining("step 'never' never ended") }],
    ['nobody', { code: 'FLOW_INVALID', message: expect.stringContaining("has no step 'nobody'") }],
  ])('is told when the step %s', async (step, expected) => {
    expect(await failureOf(step)).toMatchObject({ reason: 'error', exit: 1, ...expected });
  });

  it('has the reason exit when the step calls process.exit()', async () => {
    const leaves = {
      reason: 'exit',
      type: 'exit',
      exitCode: 0,
      exit: 1,
      message: "step 'leaves' called process.exit(0) before it had ended",
    };
    expect(await failureOf('leaves')).toMatchObject({
      ...leaves,
      place: { file: path.join(sources, 'test.ts'), line: 20 },
    });
    expect(await failureOf('leavesLater')).toMatchObject({
      reason: 'exit',
      exitCode: 3,
      exit: 3,
      place: { line: 21 },
    });
  });

  it('is told when the flow cannot be loaded', async () => {
    expect(await failureOf('fine', { hash: 'torn' })).toMatchObject({
      type: 'RangeError',
      message: 'at the top',
      place: { line: 1 },
    });
    expect(await failureOf('fine', { hash: 'torn', ahead: false })).toMatchObject({
      type: 'RangeError',
      message: 'at the top',
    });
  });

  it('is its exit code when the flow never gets loaded', async () => {
    expect(await run('fine', { hash: 'waits' })).toMatchObject({ code: 13, manifest: undefined });
  });

  it('is none when the step deals with an exception itself', async () => {
    expect(await run('handles')).toMatchObject({
      code: 1,
      manifest: { status: 'failed', failure: { code: 'ARTIFACT_UNSUPPORTED' } },
    });
  });
});
