import { loadParameters, parametersObject } from '../../datastore/run-parameters.ts';
import { isDeadHere, isDriven } from '../../metadata/is-driven.ts';
import type { MetadataStore, RunRecord, TaskRecord } from '../../metadata/metadata-store.ts';
import type { RunPlan } from '../../plan/plan.ts';
import { brokenReferences } from './check-references.ts';
import type { Fault } from './contents.ts';
import { checkRunObjects } from './check-run-objects.ts';
import { type Examination, messageOf, placeOf } from './examination.ts';
import { RunFaults } from './run-faults.ts';

/** Tasks read at a time. */
const pageSize = 1_000;

/** No lease is taken for so long: one that says so was taken when a clock was wrong. */
const leaseAheadMs = 3_600_000;

/** Checks one run: whether somebody must take it up, and whether all that it has committed can still be read. */
export async function checkRun(
  examination: Examination,
  metadata: MetadataStore,
  run: RunRecord,
): Promise<void> {
  const address = `${run.flow}/${run.id}`;
  const { report } = examination;
  try {
    await checkDriver(examination, metadata, run);
    const faults = new RunFaults(address, Object.keys((run.plan as RunPlan).steps));
    await checkTasks(examination, metadata, run, faults);
    await checkParameters(examination, run);
    faults.report(examination);
    if (examination.quick) return;
    await checkRunObjects(examination, run, (key) => faults.has(key));
    await checkLog(examination, metadata, run);
  } catch (error) {
    report({
      level: 'error',
      kind: 'metadata-damaged',
      message: `what the metadata say of '${address}' cannot be read to its end: ${messageOf(error)}`,
      meaning: 'The run is shown in part, or not at all. Its artifacts and logs are in the datastore.',
      repair: 'Put a copy of the metadata back, or save what is readable: sqlite3 metadata.db .recover',
      run: address,
    });
  }
}

async function checkDriver(
  { report, now }: Examination,
  metadata: MetadataStore,
  run: RunRecord,
): Promise<void> {
  if (run.status !== 'running') return;
  const address = `${run.flow}/${run.id}`;
  if (!isDriven(run, now)) {
    const open = await openTasks(metadata, run);
    report({
      level: 'warning',
      kind: 'run-abandoned',
      message: `nobody drives '${address}' any more, and it has not ended: ${open} of its tasks were under way`,
      meaning: 'What it has finished is kept. Nothing goes on until somebody takes it up.',
      repair: `leat recover ${address}`,
      run: address,
    });
  } else if (run.lease !== undefined && run.lease.until > now + leaseAheadMs) {
    const hours = ((run.lease.until - now) / 3_600_000).toFixed(1);
    report({
      level: 'warning',
      kind: 'lease-ahead',
      message: `'${run.lease.owner}' holds '${address}' for ${hours} hours more, which no engine asks for: a clock was wrong`,
      meaning: `Should that engine be dead, others wait for as long.`,
      repair: `When that engine is dead: leat recover ${address} --force`,
      run: address,
    });
  }
}

const underWay = ['submitted', 'queued', 'starting', 'running', 'waiting-retry'] as const;

async function openTasks(metadata: MetadataStore, { flow, id }: RunRecord): Promise<number> {
  const steps = await metadata.steps(flow, id);
  return steps.reduce(
    (sum, { byStatus }) => sum + underWay.reduce((part, status) => part + (byStatus[status] ?? 0), 0),
    0,
  );
}

async function checkTasks(
  examination: Examination,
  metadata: MetadataStore,
  { flow, id }: RunRecord,
  faults: RunFaults,
): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await metadata.tasks(flow, id, {
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const task of page) if (task.status === 'succeeded') await checkTask(examination, task, faults);
    after = page.at(-1)?.task;
    if (page.length < pageSize) return;
  }
}

async function checkTask(
  examination: Examination,
  { task, step, manifest: key }: TaskRecord,
  faults: RunFaults,
): Promise<void> {
  if (key === undefined) return;
  const look = await examination.manifests.look(key);
  if ('reason' in look) {
    faults.add({ task, step, key, what: 'the result', fault: { kind: look.kind, reason: look.reason } });
    return;
  }
  const { manifest } = look;
  if (manifest.task !== task || manifest.status !== 'succeeded') {
    const reason = `it is that of '${manifest.task}@${manifest.attempt}' (${manifest.status})`;
    faults.add({ task, step, key, what: 'the result', fault: { kind: 'manifest-damaged', reason } });
    return;
  }
  for await (const broken of brokenReferences(examination, key, manifest))
    faults.add({ task, step, ...broken });
}

async function checkParameters(examination: Examination, run: RunRecord): Promise<void> {
  const { contents, datastore, report } = examination;
  const object = parametersObject(run.parametersKey);
  const fault = object === undefined ? keyFault(examination, run) : await contents.faultOf(object);
  if (fault === undefined) return;
  const address = `${run.flow}/${run.id}`;
  report({
    level: 'error',
    kind: fault.kind,
    message: `the parameters of '${address}'${object === undefined ? '' : ` in '${object}'`}: ${fault.reason}`,
    meaning: 'The run cannot be recovered or resumed. Its results are not touched.',
    repair: 'Start a new run with the same parameters: it stores them again.',
    ...(object === undefined ? {} : placeOf(datastore, object)),
    run: address,
    ...(fault.repaired === undefined ? {} : { repaired: fault.repaired }),
  });
}

/** What is wrong with parameters that their key holds. */
function keyFault({ datastore }: Examination, { parametersKey }: RunRecord): Fault | undefined {
  try {
    loadParameters(datastore, parametersKey);
    return undefined;
  } catch (error) {
    return { kind: 'content-damaged', reason: messageOf(error) };
  }
}

async function checkLog({ report }: Examination, metadata: MetadataStore, run: RunRecord): Promise<void> {
  let last = 0;
  for await (const { seq } of metadata.events(run.flow, run.id)) {
    if (seq !== last + 1) break;
    last = seq;
  }
  // A run that goes on is longer by now.
  if (last >= run.lastSeq) return;
  const address = `${run.flow}/${run.id}`;
  report({
    level: 'error',
    kind: 'log-incomplete',
    message: `the log of '${address}' has a gap after event ${last} of ${run.lastSeq}`,
    meaning: isDeadHere(run.lease?.owner ?? '')
      ? 'It cannot be recovered.'
      : 'It cannot be recovered or resumed. Results can be read.',
    repair: `Put a copy of the metadata back, or run the flow again.`,
    run: address,
  });
}
