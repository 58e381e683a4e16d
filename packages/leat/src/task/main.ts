/**
 * The process of one task: load the flow ahead, wait to be told the task, run it, end. As little as possible is loaded and
 * done here, since every task pays for it. It knows no compute layer: one line on file descriptor 3 is all it is told, and the
 * manifest in the datastore is all it says.
 *
 *     node runner.cjs [folder of the code package to load ahead]
 *
 * Exit code 0: the step succeeded, or there was no task. 1: it failed; the manifest says why.
 *
 * next: `task/run-task.ts`
 */
import { commitAttempt } from '../datastore/commit-attempt.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import { blockOnOutput } from './blocking-output.ts';
import { type LoadedModule, loadFlowModule } from './load-flow-module.ts';
import { packageFolder } from './package-folder.ts';
import { guardProcess } from './process-guard.ts';
import { readMessage } from './read-message.ts';
import { failedManifest, runTask } from './run-task.ts';
import { SourceStacks } from './source-stack.ts';

const runner = import.meta.filename;

async function main(): Promise<number> {
  blockOnOutput();
  forgetCompileCache();
  // When the flow's top level waits for what never comes, Node runs out of things to do and ends: with its own code for that.
  process.exitCode = 13;
  const [, , ahead] = process.argv;
  const module = ahead === undefined ? undefined : await load(ahead);
  const message = readMessage();
  if (message === undefined) return 0;
  // Who has the flow loaded ahead starts the process with its variables.
  if (ahead === undefined) Object.assign(process.env, message.environment);
  const store = await openDatastore(message.datastore);
  return runMessage(message, store, module ?? (await load(await packageFolder(store, message.spec.package))));
}

/** The layer keeps our compiled code in a cache; programs that the step starts shall not find themselves using it. */
function forgetCompileCache(): void {
  if (process.env['LEAT_COMPILE_CACHE'] === undefined) return;
  delete process.env['LEAT_COMPILE_CACHE'];
  delete process.env['NODE_COMPILE_CACHE'];
}

interface Loaded {
  readonly module: LoadedModule;
  readonly stacks: SourceStacks;
}

async function load(folder: string): Promise<Loaded> {
  const stacks = new SourceStacks(folder, runner);
  stacks.install();
  return { stacks, module: await loadFlowModule(folder) };
}

async function runMessage(
  { spec, resources }: TaskMessage,
  store: Datastore,
  { module, stacks }: Loaded,
): Promise<number> {
  process.env['LEAT_TASK'] = `${spec.flow}/${spec.run}/${spec.task}@${spec.attempt}`;
  const startedAt = Date.now();
  const originOf = stacks.originOf.bind(stacks);
  const guard = guardProcess(spec.step, originOf, (failure) => {
    commitAttempt(store, spec.manifest, failedManifest(spec, startedAt, failure));
  });
  const loadFlow = (): unknown => {
    if ('thrown' in module) throw module.thrown;
    return module.flow;
  };
  const manifest = await runTask({
    spec,
    resources,
    store,
    loadFlow,
    originOf,
    interrupted: guard.interrupted,
  });
  guard.release();
  return manifest.status === 'succeeded' ? 0 : 1;
}

main().then(
  // Open handles of the step's (a pool, a server) must not keep the process: the task is decided.
  (code) => process.exit(code),
  (error: unknown) => {
    // The store cannot be written, so the log is where the reason can be told.
    // oxlint-disable-next-line no-console -- see above
    console.error(error);
    process.exit(1);
  },
);
