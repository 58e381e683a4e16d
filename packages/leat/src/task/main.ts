/**
 * The process of one task, or of a chunk of them: load the flow ahead, wait to be told the task, run it, end. As little as possible is loaded and
 * done here, since every task pays for it. It knows no compute layer: one line on file descriptor 3 is all it is told, and the
 * manifest in the datastore is all it says.
 *
 *     node runner.cjs [folder of the code package to load ahead [folder of the project that it was built from]]
 *
 * Exit code 0: the step succeeded, or there was no task. 1: it failed; the manifest says why. Of a chunk 0: every member was
 * worked through, well or not.
 *
 * next: `task/run-task.ts`
 */
import { commitAttempt } from '../datastore/commit-attempt.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import { isLeatError, type LeatError } from '../errors/index.ts';
import { provideLanguage } from '../flow/provide-language.ts';
import { tellSourceRoot } from '../package/package-place.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { workVariable } from '../plan/likely-work.ts';
import { blockOnOutput } from './blocking-output.ts';
import type { OriginOf } from './failure-record.ts';
import { type LoadedModule, loadFlowModule } from './load-flow-module.ts';
import { endOwnGroup, endWhenOrphaned, watchParent } from './orphan.ts';
import { packageFolder } from './package-folder.ts';
import { guardProcess } from './process-guard.ts';
import { readMessage } from './read-message.ts';
import { runChunk } from './run-chunk.ts';
import { RemoteStore, type TaskStore } from './remote-store.ts';
import { failedManifest, runTask, type TaskSetting } from './run-task.ts';
import { SourceStacks } from './source-stack.ts';
import { likelyWork, tellWork } from './told-work.ts';

const runner = import.meta.filename;
const isOrphan = watchParent();

async function main(): Promise<number> {
  blockOnOutput();
  const compiled = takeCompileCache();
  const { step } = likelyWork();
  delete process.env[workVariable];
  // When the flow's top level waits for what never comes, Node runs out of things to do and ends: with its own code for that.
  process.exitCode = 13;
  const [, , ahead, sourceRoot] = process.argv;
  const module = ahead === undefined ? undefined : await load({ folder: ahead, sourceRoot, compiled, step });
  const message = readMessage();
  if (message === undefined) return 0;
  endWhenOrphaned(isOrphan);
  // Who has the flow loaded ahead starts the process with its variables.
  if (ahead === undefined) Object.assign(process.env, message.environment);
  const store = await openStore(message);
  const folder = async () => message.packageFolder ?? packageFolder(store, message.spec.package);
  const loadFolder = async (): Promise<Loaded> =>
    load({
      folder: await folder(),
      sourceRoot: message.sourceRoot,
      compiled,
      step: message.spec.step,
    });
  return runMessage(message, store, module ?? (await loadFolder()));
}

async function openStore({ datastore, driver }: TaskMessage): Promise<TaskStore> {
  const store = await openDatastore(datastore, driver);
  return driver === undefined ? store : new RemoteStore(store);
}

/** The layer keeps our compiled code in a cache; programs that the step starts shall not find themselves using it. */
function takeCompileCache(): string | undefined {
  const folder = process.env['LEAT_COMPILE_CACHE'];
  if (folder === undefined) return undefined;
  delete process.env['LEAT_COMPILE_CACHE'];
  return folder;
}

/** A package to be loaded. */
interface LoadOptions {
  readonly folder: string;
  readonly sourceRoot: string | undefined;
  /** Folder for compiled code. */
  readonly compiled: string | undefined;
  /** The step that will probably run. */
  readonly step: string;
}

interface Loaded {
  readonly module: LoadedModule;
  readonly originOf: OriginOf;
}

async function load({ folder, sourceRoot, ...cache }: LoadOptions): Promise<Loaded> {
  if (sourceRoot !== undefined) tellSourceRoot(folder, sourceRoot);
  const stacks = new SourceStacks(folder, runner);
  stacks.install();
  provideLanguage();
  return { originOf: stacks.originOf.bind(stacks), module: await loadFlowModule(folder, cache) };
}

async function runMessage(message: TaskMessage, store: TaskStore, loaded: Loaded): Promise<number> {
  if (message.chunk !== undefined) return runMembers(message, store, loaded);
  const { spec } = message;
  const startedAt = Date.now();
  begin(spec);
  const guard = guardProcess(spec.step, loaded.originOf, (failure) => {
    commitAttempt(store, spec.manifest, failedManifest(spec, startedAt, failure));
  });
  const manifest = await runTask({
    ...settingOf(message, store, loaded),
    spec,
    interrupted: guard.interrupted,
  });
  guard.release();
  return manifest.status === 'succeeded' ? 0 : 1;
}

async function runMembers(message: TaskMessage, store: TaskStore, loaded: Loaded): Promise<number> {
  const setting = settingOf(message, store, loaded);
  const wentThrough = await runChunk({
    message,
    store,
    begin,
    run: async (member) => runTask({ ...setting, ...member }),
    guard: (exited) => guardProcess(message.spec.step, loaded.originOf, exited),
    failed: failedManifest,
    abandoned: isOrphan,
  });
  return wentThrough ? 0 : 1;
}

function begin(spec: TaskSpec): void {
  const { flow, run, task, attempt } = spec;
  tellWork(spec);
  process.env['LEAT_TASK'] = `${flow}/${run}/${task}@${attempt}`;
}

function settingOf(
  { resources }: TaskMessage,
  store: TaskStore,
  { module, originOf }: Loaded,
): Pick<TaskSetting, 'resources' | 'store' | 'loadFlow' | 'originOf'> {
  const loadFlow = (): unknown => {
    if ('thrown' in module) throw module.thrown;
    return module.flow;
  };
  return { resources, store, loadFlow, originOf };
}

const toldOf = ({ code, message, hint }: LeatError): string =>
  `${code} ${message}${hint === undefined ? '' : `\n  fix: ${hint}`}`;

/** Open handles of the step's (a pool, a server) must not keep the process: the task is decided. */
function leave(code: number): void {
  if (isOrphan()) endOwnGroup();
  process.exit(code);
}

main().then(leave, (error: unknown) => {
  // The store cannot be written, so the log is where the reason can be told.
  // oxlint-disable-next-line no-console -- see above
  console.error(isLeatError(error) ? toldOf(error) : error);
  leave(1);
});
