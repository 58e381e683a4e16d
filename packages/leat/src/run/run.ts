/**
 * The programmatic face of the engine: `run(TrainFlow, …)` from a script, a notebook or a test.
 */
import { fileURLToPath } from 'node:url';
import { LeatError } from '../errors/index.ts';
import type { Flow } from '../flow/flow.ts';
import { flowFile } from '../flow/flow-file.ts';
import type { RunObserver } from '../scheduler/observer.ts';
import type { RunResult } from './drive-run.ts';
import { resolveHome } from '../home/home.ts';
import { pricesOf } from '../home/profile-defaults.ts';
import { startRun } from './start-run.ts';

/** What {@link run} takes besides the flow. Everything may be left out. */
export interface RunOptions {
  /** Values of the flow's parameters; `LEAT_PARAM_…` and defaults fill the rest. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** As `--with` on the command line: `['batch:memory=10000', 'retry']`. */
  readonly with?: readonly string[];
  /** Most tasks at a time; as many as the compute layer takes, unless told. */
  readonly maxWorkers?: number;
  /** End the running tasks when one has failed; they finish unless told. */
  readonly failFast?: boolean;
  /** Start a second copy of a task that takes far longer than its step's others, where a place is free; not unless told. */
  readonly speculate?: boolean;
  readonly tags?: readonly string[];
  /** `LEAT_NAMESPACE` or `user:NAME` unless told. */
  readonly namespace?: string;
  /** Folder of the runs; `.leat` of the project unless told. */
  readonly home?: string;
  /** URL of the metadata, as in `postgres://db.example/leat`; `LEAT_METADATA`, or in the folder of the runs, unless told. */
  readonly metadata?: string;
  /** URL of the datastore, as in `s3://bucket/leat`; `LEAT_DATASTORE`, or in the folder of the runs, unless told. */
  readonly datastore?: string;
  /** The profile; `'none'`: no profile. `LEAT_PROFILE`, else the one called `default` where it exists, unless told. */
  readonly profile?: string;
  /** File with prices for the estimate of what the run has cost; that of the profile, else those of the layers, unless told. */
  readonly prices?: string;
  /** The flow's file, when it cannot be found from the class. */
  readonly file?: string;
  /** Told of events, lines and warnings as they come. */
  readonly observers?: readonly RunObserver[];
  /** Ends the run gently when it is aborted. */
  readonly signal?: AbortSignal;
}

function fileOf(flow: abstract new () => Flow): string {
  const found = flowFile(flow);
  if (found !== undefined) return found.startsWith('file:') ? fileURLToPath(found) : found;
  throw new LeatError('FLOW_LOAD', `the file of the flow '${flow.name}' cannot be found from its class`, {
    hint: `Say where it is: run(${flow.name}, { file: import.meta.filename }).`,
  });
}

function refuseInsideTask(flow: string): void {
  if (process.env['LEAT_TASK'] === undefined) return;
  throw new LeatError('STEP_MISUSE', `run(${flow}) was called inside a task`, {
    hint: 'A flow file is loaded in every task: start runs from a file of their own, or under `if (import.meta.main)`.',
  });
}

/**
 * Runs a flow on this machine or wherever `with` sends it, and resolves when it has ended, whatever its status. The flow is
 * bundled from its file, so the default export of that file has to be the flow.
 *
 * @throws LeatError when the flow, a parameter or an option is refused, or when the engine cannot go on.
 * @example
 * const { status, run: record } = await run(TrainFlow, { parameters: { alpha: 0.2 }, with: ['retry'] });
 */
export async function run(flow: abstract new () => Flow, options: RunOptions = {}): Promise<RunResult> {
  refuseInsideTask(flow.name);
  const { parameters = {}, prices, metadata, datastore, profile, signal, ...rest } = options;
  const home = resolveHome({ home: options.home, metadata, datastore, profile });
  const handle = await startRun({
    ...rest,
    file: options.file ?? fileOf(flow),
    home,
    prices: pricesOf(prices, home.profile),
    parameters: { values: parameters, env: process.env },
    command: `run(${flow.name})`,
  });
  const cancel = (): void => handle.cancel('AbortSignal');
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await handle.result;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}
