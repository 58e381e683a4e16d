/**
 * The tasks that a layer's conformance suite runs: small steps that end in every way in which a task can end. A layer that
 * runs real programs runs them from a code package; a simulated one does what their names say.
 */
import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AttemptRequest, LayerContext } from 'leat/compute';
import { type Datastore, openDatastore, packagePrefix } from 'leat/datastore';

/** What a task does. */
export const behaviours = [
  /** Ends well, at once. */
  'succeed',
  /** Throws. */
  'fail',
  /** `process.exit(7)`. */
  'exit',
  /** Kills its own process with SIGKILL. */
  'die',
  /** Fills the heap of JavaScript until V8 gives up. */
  'exhaust',
  /** Prints `pid <n>`, then waits for ever. */
  'hang',
  /** The same, and does not listen to SIGTERM. */
  'resist',
  /** The same, and prints `tidied` when it is asked to end. */
  'tidy',
  /** The same, in a synchronous loop. */
  'spin',
  /** Starts a child that runs for ever, prints `pid <n>` of it, and ends well. */
  'leave',
  /** Prints {@link printedLines} lines to each of stdout and stderr. */
  'print',
  /** Prints the variable LEAT_CONFORMANCE as JSON. */
  'environment',
  /** Prints the variable LEAT_TASK: the address of the attempt, as the task was told it. */
  'address',
  /** Of a chunk: prints `I am <member>` to both streams, the even members without a line end. */
  'speak',
  /** Of a chunk: the first two members print `I am <member>` and take two seconds each; the third goes round a synchronous loop for ever. */
  'tarry',
  /** Of a chunk: each member prints `waiting`, and ends well when it is asked to end. */
  'yield',
  /** Of a chunk: the third member kills its process with SIGKILL. */
  'dieThird',
] as const;

/** See {@link behaviours}. */
export type Behaviour = (typeof behaviours)[number];

/** Lines that `print` writes to each stream. */
export const printedLines = 5000;

/** Line `index` of what `print` writes to a stream. */
export const printedLine = (stream: 'stdout' | 'stderr', index: number): string =>
  `${stream} ${index} – žluťoučký kůň 世界 🚰`;

// A package as the bundler would make it, without a bundler: the mark is what makes a class a flow, whichever copy of `leat` it extends.
const flowSource = `
import { spawn } from 'node:child_process';
class Flow {}
Object.defineProperty(Flow, Symbol.for('leat.flow/1'), { value: true });
const member = () => Number(/\\[(\\d+)\\]/.exec(process.env.LEAT_TASK)[1]);
const forever = () => new Promise(() => { console.log('pid ' + process.pid); setInterval(() => {}, 1000); });
export default class ConformanceFlow extends Flow {
  succeed() {}
  fail() { throw new RangeError('the step failed'); }
  exit() { process.exit(7); }
  die() { process.kill(process.pid, 'SIGKILL'); return forever(); }
  exhaust() { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); }
  hang() { return forever(); }
  resist() { process.on('SIGTERM', () => {}); return forever(); }
  tidy() { process.on('SIGTERM', () => { console.log('tidied'); process.exit(1); }); return forever(); }
  spin() { console.log('pid ' + process.pid); for (;;); }
  leave() { const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }); console.log('pid ' + child.pid); }
  print() { for (let i = 0; i < ${printedLines}; i += 1) { console.log('stdout ' + i + ' – žluťoučký kůň 世界 🚰'); console.error('stderr ' + i + ' – žluťoučký kůň 世界 🚰'); } }
  speak() { const at = member(); const text = 'I am ' + at + (at % 2 === 0 ? '' : '\\n'); process.stdout.write(text); process.stderr.write(text); }
  async tarry() { console.log('I am ' + member()); if (member() < 2) return new Promise((done) => setTimeout(done, 2000)); for (;;); }
  yield() { return new Promise((done) => { const timer = setInterval(() => {}, 1000); process.once('SIGTERM', () => { clearInterval(timer); done(); }); console.log('waiting'); }); }
  dieThird() { if (member() === 2) { process.kill(process.pid, 'SIGKILL'); return forever(); } }
  address() { console.log(process.env.LEAT_TASK); }
  environment() { console.log(JSON.stringify(process.env.LEAT_CONFORMANCE)); }
}
`;

const entry = 'flow.js';
const flowFile = { name: entry, hash: hash('sha256', flowSource), size: Buffer.byteLength(flowSource) };
const packageHash = hash('sha256', JSON.stringify([entry, [[flowFile.name, flowFile.hash]]]));

const facts = {
  type: 'module',
  format: 1,
  hash: packageHash,
  entry,
  files: [flowFile],
  sources: [],
  externals: [],
  flowFile: entry,
  root: '/conformance',
  leat: '0.1.0',
};

const packageFiles: Readonly<Record<string, string>> = {
  [entry]: flowSource,
  'package.json': JSON.stringify(facts),
};

/**
 * Writes the code package of these tasks into a folder datastore.
 *
 * @param runner full path of the program that runs tasks, `leat/dist/task/runner.cjs`; the other tools lie beside it
 * @returns what the layer is opened with
 */
export function conformanceContext(folder: string, runner: string): LayerContext {
  const packageFolder = path.join(folder, packagePrefix(packageHash));
  mkdirSync(packageFolder, { recursive: true });
  for (const [name, text] of Object.entries(packageFiles))
    writeFileSync(path.join(packageFolder, name), text);
  const datastore = pathToFileURL(folder).href;
  const tool = (name: string): string => path.join(path.dirname(runner), name);
  const asEngine = async (): Promise<LayerContext> => {
    const { layerContextFor } = await import('leat/testing');
    return layerContextFor(await openDatastore(datastore), packageHash, path.join(folder, 'cache'));
  };
  return {
    datastore,
    package: packageHash,
    packageFolder,
    runner,
    tools: { runner, program: tool('program.cjs'), agent: tool('agent.cjs') },
    storeTools: async (wanted) => (await asEngine()).storeTools(wanted),
    nodeFile: async (platform) => (await asEngine()).nodeFile(platform),
    storePackage: async (platform) => (await asEngine()).storePackage(platform),
    packageCopy: async (platform) => (await asEngine()).packageCopy(platform),
  };
}

/**
 * The same with any datastore, and the tools of the `leat` that is installed.
 *
 * @param cache a folder for what can be made again
 */
export async function conformanceContextIn(datastore: Datastore, cache: string): Promise<LayerContext> {
  for (const [name, text] of Object.entries(packageFiles))
    await datastore.put(`${packagePrefix(packageHash)}${name}`, [Buffer.from(text)]);
  const { layerContextFor } = await import('leat/testing');
  return layerContextFor(datastore, packageHash, cache);
}

/** As a chunk of so many members, whose tasks are `<behaviour>[0]`, `<behaviour>[1]`, …. */
export function asChunk(request: AttemptRequest, count: number): AttemptRequest {
  const { spec, token } = request;
  const members = Array.from({ length: count }, (_, at) => ({ task: `${spec.step}[${at}]`, path: [at] }));
  const first = { ...spec, ...members[0] };
  const pack = `runs/${spec.flow}/${spec.run}/${spec.step}/${token}.pack`;
  return { ...request, spec: first, chunk: { pack, members: [{}, ...members.slice(1)] } };
}

let counter = 0;

const given = <T>(value: T) => ({ value, origin: 'default' }) as const;

/** An attempt that behaves so, with a token of its own. `over` replaces parts of it. */
export function conformanceRequest(behaviour: Behaviour, over: Partial<AttemptRequest> = {}): AttemptRequest {
  counter += 1;
  const task = `${behaviour}[${counter}]`;
  const token = `conformance-${process.pid}-${Date.now().toString(36)}-${counter}`;
  return {
    token,
    name: `ConformanceFlow/1/${task}@0`,
    spec: {
      version: 1,
      flow: 'ConformanceFlow',
      run: '1',
      step: behaviour,
      task,
      path: [counter],
      iteration: 0,
      attempt: 0,
      token,
      takes: 'nothing',
      next: { kind: 'end' },
      reads: [],
      known: [],
      sources: [],
      foreach: [],
      package: packageHash,
      parameters: 'blobs/none',
      manifest: `runs/ConformanceFlow/1/${behaviour}/${counter}@0.json`,
      triesLeft: 1,
      tags: [],
      namespace: 'user:conformance',
      user: 'conformance',
    },
    resources: { cpu: given(0.1), memory: given(64), gpu: given(0), disk: given(0) },
    environment: {},
    options: {},
    ...over,
  };
}
