/**
 * `leat diagnose`: why does a task wait, why did it die, what to do. The log tells what became of it; a layer that can look at jobs of any
 * engine is asked for the rest.
 */
import type { Client, RunReader, TaskReader } from '../../client/index.ts';
import { guardLayer } from '../../compute/guard.ts';
import type { ComputeLayer, Diagnosis, LayerContext, LayerFactory } from '../../compute/compute-layer.ts';
import { loadLayer } from '../../compute/registry.ts';
import { parseAddress } from '../../client/address.ts';
import { openDatastore } from '../../datastore/open-datastore.ts';
import type { AttemptRecord } from '../../metadata/metadata-store.ts';
import { askContext } from '../layer-context.ts';
import { knownCause, withLayer } from './known-cause.ts';

/** What is known of a task, and why. */
export interface TaskDiagnosis extends Diagnosis {
  /** `TrainFlow/417/train[3]` */
  readonly task: string;
  readonly status: string;
  readonly attempt?: number;
  readonly layer?: string;
  /** As the layer calls it. */
  readonly job?: string;
  /** Milliseconds since the epoch. */
  readonly submittedAt?: number;
}

/**
 * Says why a task waits or how it ended.
 *
 * @param address `TrainFlow/417/train[3]`, or one attempt of it: `…@1`
 * @throws LeatError NOT_FOUND, USAGE
 */
export async function diagnoseTask(client: Client, address: string): Promise<TaskDiagnosis> {
  const { flow, run: id = 'latest', attempt: wanted } = parseAddress(address);
  const task = await client.task(address);
  const run = await client.run(`${flow}/${id}`);
  const attempts = await task.attemptRecords();
  const attempt = wanted === undefined ? attempts.at(-1) : attempts.find((one) => one.attempt === wanted);
  const known = knownCause(await factsOf(run, task, attempt));
  const asked = attempt === undefined ? undefined : await askIfPossible(run, attempt, known);
  return {
    task: task.fullAddress,
    status: task.status,
    ...(attempt === undefined
      ? {}
      : {
          attempt: attempt.attempt,
          layer: attempt.layer,
          submittedAt: attempt.submittedAt,
          ...(attempt.job === undefined ? {} : { job: attempt.job }),
        }),
    ...(asked ?? known),
  };
}

async function factsOf(
  run: RunReader,
  { record }: TaskReader,
  attempt: AttemptRecord | undefined,
): Promise<Parameters<typeof knownCause>[0]> {
  const counts = await Promise.all(run.steps().map((step) => step.counts()));
  const sum = (...states: readonly ('submitted' | 'queued' | 'starting' | 'running')[]): number =>
    counts.reduce(
      (total, { byStatus }) => total + states.reduce((part, state) => part + (byStatus[state] ?? 0), 0),
      0,
    );
  return {
    task: record,
    attempt,
    run: run.address,
    runStatus: run.status,
    engine: run.record.lease?.owner,
    abandoned: run.abandoned,
    running: sum('running'),
    waiting: sum('submitted', 'queued', 'starting'),
  };
}

/** Where the layer cannot be asked (no credentials, no network), what the log knows is better than nothing. */
async function askIfPossible(
  run: RunReader,
  attempt: AttemptRecord,
  known: Diagnosis,
): Promise<Diagnosis | undefined> {
  try {
    return await askLayer(run, attempt, known);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const evidence = [...(known.evidence ?? []), `'${attempt.layer}' could not be asked: ${why}`];
    return { ...known, confidence: known.kind === 'ended' ? 'certain' : 'likely', evidence };
  }
}

/** What the layer says; `undefined` when the log is all that there is, or knows better. */
async function askLayer(
  run: RunReader,
  { job, layer }: AttemptRecord,
  known: Diagnosis,
): Promise<Diagnosis | undefined> {
  const factory = job === undefined ? undefined : await loadLayer(layer);
  if (job === undefined || factory?.inspect === undefined) return undefined;
  const datastore = await openDatastore(run.record.datastore);
  try {
    const opened = await inspect(factory, askContext(datastore.url, { hash: run.package }));
    try {
      return withLayer(known, await opened.diagnose(job));
    } finally {
      await opened.close();
    }
  } finally {
    await datastore.close();
  }
}

/** Only what a layer needs to be asked; the guard keeps the time. */
async function inspect(
  factory: LayerFactory,
  context: LayerContext,
): Promise<Pick<ComputeLayer, 'diagnose' | 'close'>> {
  const opened = (await factory.inspect?.(context)) as ComputeLayer;
  return guardLayer(opened);
}
