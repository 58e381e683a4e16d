/**
 * `leat resume`: a new run that takes over what an older one has finished, by reference, and runs the rest. The parameters
 * are those of the older run; the code is that of the flow file as it is now.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { LeatError } from '../errors/index.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import { openPackage } from '../package/write-package.ts';
import type { RunPlan } from '../plan/plan.ts';
import { createRun } from './create-run.ts';
import { type DriveOptions, requireWorkers, type RunHandle } from './drive-run.ts';
import { findOrigin } from './find-origin.ts';
import { currentUser, type Home } from '../home/home.ts';
import { type OriginTable, readOrigin } from './origin-table.ts';
import { prepareFlow } from './prepare-flow.ts';
import { runNamespace } from './run-namespace.ts';
import { handOverStores, withDataOf, type Stores } from './stores.ts';

const failuresNamed = 3;

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
  /** Tasks of the older run that started there and did not succeed: how many, and the addresses of the first that failed. */
  readonly unfinished: { readonly count: number; readonly failed: readonly string[] };
  /** Steps that run again, and those after them, because `from` says so. */
  readonly fresh: readonly string[];
  /** Steps whose code is not what it was: their results are reused all the same. */
  readonly changed: readonly string[];
  /** Steps that the older run did not have. */
  readonly added: readonly string[];
}

/** @throws NOT_FOUND when there is nothing to resume, LEASE_LOST when the run still goes on; else as `startRun`. */
export async function resumeRun(options: ResumeOptions): Promise<RunHandle> {
  requireWorkers(options);
  const namespace = runNamespace(options.namespace);
  const { home, run } = options;
  return handOverStores(home, async (stores) => {
    const origin = await findOrigin(stores.metadata, run, namespace);
    return withDataOf(origin, { home, stores }, async (own) =>
      resumeWith(options, { stores: own, origin, namespace }),
    );
  });
}

interface Found {
  readonly stores: Stores;
  readonly origin: RunRecord;
  readonly namespace: string;
}

async function resumeWith(options: ResumeOptions, { stores, origin, namespace }: Found): Promise<RunHandle> {
  const { home, from, tags, command } = options;
  const { metadata } = stores;
  const file = options.file ?? (await flowFileOf(stores, origin, home));
  const prepared = await prepareFlow({ file, home, with: options.with ?? [] });
  requireSameFlow(prepared.plan, origin);
  const fresh = from === undefined ? [] : [requireStep(prepared.plan, from)];
  const table = await readOrigin(metadata, origin, fresh);
  options.planned?.(await resumePlan(metadata, prepared.plan, { origin, table }));
  return createRun({
    prepared,
    stores,
    origin: table,
    cache: home.cache,
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

async function resumePlan(
  metadata: MetadataStore,
  plan: RunPlan,
  { origin, table: { size, fresh } }: { readonly origin: RunRecord; readonly table: OriginTable },
): Promise<ResumePlan> {
  const counts = await metadata.steps(origin.flow, origin.id);
  const failures = await metadata.failures(origin.flow, origin.id, failuresNamed);
  const before = (origin.plan as RunPlan).stepHashes;
  const steps = Object.keys(plan.steps);
  return {
    origin,
    reusable: size,
    unfinished: {
      count: counts.reduce((sum, { total, byStatus }) => sum + total - (byStatus.succeeded ?? 0), 0),
      failed: failures.filter(({ status }) => status === 'failed').map(({ task }) => task),
    },
    fresh,
    changed: steps.filter((step) => before[step] !== undefined && before[step] !== plan.stepHashes[step]),
    added: steps.filter((step) => before[step] === undefined),
  };
}
