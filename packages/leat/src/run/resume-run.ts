/**
 * `leat resume`: a new run that takes over what an older one has finished, by reference, and runs the rest. The parameters
 * are those of the older run; the code is that of the flow file as it is now.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { LeatError } from '../errors/index.ts';
import type { RunRecord } from '../metadata/metadata-store.ts';
import { openPackage } from '../package/write-package.ts';
import type { RunPlan } from '../plan/plan.ts';
import { driveRun, type DriveOptions, type RunHandle } from './drive-run.ts';
import { currentNamespace, currentUser, type Home } from '../home/home.ts';
import { type OriginTable, readOrigin } from './origin-table.ts';
import { prepareFlow } from './prepare-flow.ts';
import { closeStores, openStores, type Stores } from './stores.ts';

export interface ResumeOptions extends DriveOptions {
  readonly home: Home;
  /** `TrainFlow/417`, `TrainFlow/latest`, or `TrainFlow`; the latest run of the namespace that did not succeed unless told. */
  readonly run?: string | undefined;
  /** Steps from which on nothing is reused. */
  readonly from?: string | undefined;
  /** The flow file, when it is no longer where the older run had it. */
  readonly file?: string | undefined;
  readonly with?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly namespace?: string | undefined;
  readonly command?: string | undefined;
  /** Told before the new run exists. */
  readonly planned?: ((plan: ResumePlan) => void) | undefined;
}

/** What a resume will do. */
export interface ResumePlan {
  readonly origin: RunRecord;
  /** Tasks of the older run that succeeded. */
  readonly reusable: number;
  /** Steps that run again, and those after them, because `from` says so. */
  readonly fresh: readonly string[];
  /** Steps whose code is not what it was: their results are reused all the same. */
  readonly changed: readonly string[];
  /** Steps that the older run did not have. */
  readonly added: readonly string[];
}

/** @throws NOT_FOUND when there is nothing to resume; else as `startRun`. */
export async function resumeRun(options: ResumeOptions): Promise<RunHandle> {
  const stores = await openStores(options.home);
  try {
    return await resumeWith(options, stores);
  } catch (error) {
    await closeStores(stores);
    throw error;
  }
}

async function resumeWith(options: ResumeOptions, stores: Stores): Promise<RunHandle> {
  const { home, from, tags, command } = options;
  const namespace = options.namespace ?? currentNamespace();
  const origin = await findOrigin(stores, options.run, namespace);
  const file = options.file ?? (await flowFileOf(stores, origin, home));
  const prepared = await prepareFlow({ file, home, with: options.with ?? [] });
  requireSameFlow(prepared.plan, origin);
  const fresh = from === undefined ? [] : [requireStep(prepared.plan, from)];
  const table = await readOrigin(stores.metadata, origin, fresh);
  options.planned?.(resumePlan(origin, prepared.plan, table));
  return driveRun({
    prepared,
    stores,
    origin: table,
    facts: {
      namespace,
      user: currentUser(),
      tags: tags ?? origin.tags,
      parameters: origin.parameters,
      parametersKey: origin.parametersKey,
      originRun: origin.id,
      ...(from === undefined ? {} : { resumeFrom: from }),
      ...(command === undefined ? {} : { command }),
    },
    options,
  });
}

async function findOrigin(
  { metadata }: Stores,
  told: string | undefined,
  namespace: string,
): Promise<RunRecord> {
  const [flow, id = 'latest'] = told?.split('/') ?? [];
  if (flow !== undefined && id !== 'latest') {
    const run = await metadata.run(flow, id);
    if (run !== undefined) return run;
    throw new LeatError('NOT_FOUND', `there is no run '${flow}/${id}'`, { hint: `leat list runs ${flow}` });
  }
  const runs = await metadata.runs({ namespace, limit: 100, ...(flow === undefined ? {} : { flow }) });
  const found = flow === undefined ? runs.find((run) => run.status !== 'succeeded') : runs[0];
  if (found !== undefined) return found;
  throw new LeatError(
    'NOT_FOUND',
    flow === undefined ? 'there is no run that could be resumed' : `the flow '${flow}' has no run`,
    {
      hint: `Looked in the namespace '${namespace}'. Name the run: leat resume FLOW/ID; leat list runs --namespace '*' shows all.`,
    },
  );
}

async function flowFileOf({ datastore }: Stores, origin: RunRecord, home: Home): Promise<string> {
  const { root, flowFile } = await openPackage(datastore, origin.package, home.cache);
  const file = resolve(root, flowFile);
  if (existsSync(file)) return file;
  throw new LeatError(
    'NOT_FOUND',
    `the flow file of '${origin.flow}/${origin.id}' is no longer there: ${file}`,
    {
      hint: `Say where it is: leat resume ${origin.flow}/${origin.id} --flow FILE. The code as it was: leat code ${origin.flow}/${origin.id}`,
    },
  );
}

function requireSameFlow(plan: RunPlan, origin: RunRecord): void {
  if (plan.flow === origin.flow) return;
  throw new LeatError(
    'FLOW_INVALID',
    `the file holds the flow '${plan.flow}', and the run to resume is of '${origin.flow}'`,
    {
      hint: 'Name the file of the flow: --flow FILE.',
    },
  );
}

function requireStep(plan: RunPlan, step: string): string {
  if (plan.steps[step] !== undefined) return step;
  throw new LeatError('NOT_FOUND', `the flow '${plan.flow}' has no step '${step}'`, {
    hint: `--from takes one of ${Object.keys(plan.steps).join(', ')}`,
  });
}

function resumePlan(origin: RunRecord, plan: RunPlan, { size, fresh }: OriginTable): ResumePlan {
  const before = (origin.plan as RunPlan).stepHashes;
  const steps = Object.keys(plan.steps);
  return {
    origin,
    reusable: size,
    fresh,
    changed: steps.filter((step) => before[step] !== undefined && before[step] !== plan.stepHashes[step]),
    added: steps.filter((step) => before[step] === undefined),
  };
}
