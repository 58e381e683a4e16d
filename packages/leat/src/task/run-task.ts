/**
 * One attempt, from the flow class to the commit: make the flow object, put parameters and artifacts in place, call the
 * step, store what it made, write the manifest. It knows no process and no compute layer: `task/main.ts` gives it the things
 * of the process, test helpers give it theirs. Whatever the user's code does, it ends in a manifest; only a store that
 * cannot be written makes it throw.
 *
 * next: `datastore/commit-attempt.ts`
 */
import { ArtifactStore } from '../datastore/artifact-store.ts';
import { commitAttempt, commitAttemptAsync } from '../datastore/commit-attempt.ts';
import { readItem } from '../datastore/items/read-item.ts';
import type { AttemptManifest, FailureRecord, Outcome } from '../datastore/manifest.ts';
import { readManifestSync } from '../datastore/read-manifest.ts';
import { loadParameters } from '../datastore/run-parameters.ts';
import { LeatError } from '../errors/index.ts';
import { type Current, setCurrent } from '../flow/current.ts';
import { declaredCall } from '../flow/declared-call.ts';
import { isFlowClass } from '../flow/flow.ts';
import { attachHost, detachHost } from '../flow/step-host.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import type { ItemSource, TaskSpec } from '../plan/task-spec.ts';
import { currentOf } from './current-of.ts';
import { failureOf, type OriginOf } from './failure-record.ts';
import { type ArtifactRefs, FlowFields } from './flow-fields.ts';
import { JoinInputs, type JoinSetting } from './join-inputs.ts';
import { joinedItems } from './joined-items.ts';
import { joinedSources } from './joined-sources.ts';
import { outcomeOf } from './outcome-of.ts';
import { prefetchTask } from './prefetch-task.ts';
import { readSourceRefs } from './source-refs.ts';
import type { TaskStore } from './remote-store.ts';
import { TaskHost } from './task-host.ts';
import { unsetArtifact } from './unset-artifact.ts';

/** What a task runs with. */
export interface TaskSetting {
  readonly spec: TaskSpec;
  readonly resources: TaskMessage['resources'];
  readonly store: TaskStore;
  /** The flow's module, or its class; loading it may throw what the user's file throws. */
  readonly loadFlow: () => unknown;
  /** Rejects when something outside of the step's own promise ends it: an exception in a callback, nothing left to wait for. */
  readonly interrupted?: Promise<never>;
  /** Finds the user's own place of an error. */
  readonly originOf?: OriginOf;
  /** How it reads; members of a chunk share what is safe to share. */
  readonly reads?: TaskReads;
  /** Takes the manifest; unless told it is created as an object of its own. */
  readonly commit?: (manifest: AttemptManifest) => void | Promise<void>;
}

/** What a task reads of its run. */
export interface TaskReads {
  readonly artifacts: ArtifactStore;
  /** Read by the first who asks: most steps read few parameters, and many none. */
  readonly parameters: () => Current['parameters'];
  /** The artifacts that the task before has left. */
  readonly sourceRefs: (spec: TaskSpec) => ArtifactRefs;
  readonly readItem: (source: ItemSource) => unknown;
}

type SucceededManifest = Extract<AttemptManifest, { status: 'succeeded' }>;

/** Runs the step and commits. Returns the manifest that was written; when a copy of this attempt was faster, its manifest stands. */
export async function runTask(setting: TaskSetting): Promise<AttemptManifest> {
  const startedAt = Date.now();
  let manifest: AttemptManifest;
  try {
    const work = Promise.resolve(runStep(setting));
    const { interrupted } = setting;
    const made = await (interrupted === undefined ? work : Promise.race([settled(work), interrupted]));
    manifest = { ...headOf(setting.spec, startedAt), status: 'succeeded', ...made };
  } catch (thrown) {
    manifest = failedManifest(setting.spec, startedAt, failureOf(thrown, setting.originOf));
  } finally {
    setCurrent(undefined);
  }
  await commit(setting, manifest);
  return manifest;
}

function commit({ spec, store, commit: give }: TaskSetting, manifest: AttemptManifest): unknown {
  if (give !== undefined) return give(manifest);
  // Far away, the process may do other things meanwhile; a folder is written to in less time than that takes.
  const write = store.settle === undefined ? commitAttempt : commitAttemptAsync;
  return write(store, spec.manifest, manifest);
}

// A promise that the step has forgotten to await may have failed by now. Node tells that before the next turn of its loop.
async function settled<T>(work: Promise<T>): Promise<T> {
  const made = await work;
  const { promise: nextTurn, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await nextTurn;
  return made;
}

/** The manifest of an attempt that failed, for failures that its own code did not see. */
export function failedManifest(spec: TaskSpec, startedAt: number, failure: FailureRecord): AttemptManifest {
  return { ...headOf(spec, startedAt), status: 'failed', failure };
}

const headOf = ({ task, attempt, token }: TaskSpec, startedAt: number) =>
  ({ version: 1, task, attempt, token, startedAt, endedAt: Math.max(startedAt, Date.now()) }) as const;

async function runStep(setting: TaskSetting): Promise<Pick<SucceededManifest, 'outcome' | 'artifacts'>> {
  const { spec, store, reads = ownReads(setting) } = setting;
  const { artifacts, parameters } = reads;
  if (setting.reads === undefined) await store.fetchOwn?.([spec]);
  // What can be asked anywhere in the flow, also where its fields are made.
  setCurrent(currentOf(setting, parameters));
  const flow = await makeFlow(setting);
  const fields = new FlowFields(flow, artifacts, parameters);
  const inputs =
    spec.takes === 'inputs' ? await makeInputs(setting, { artifacts, parameters, fields }) : undefined;
  if (inputs === undefined) fields.inherit(reads.sourceRefs(spec));
  refuseUnset(fields, spec);
  await prefetchTask({ spec, store, artifacts, fields });
  const host = new TaskHost({ spec, fields, inputs, readItem: reads.readItem });
  attachHost(flow, host);
  try {
    await callStep(
      flow,
      spec,
      spec.takes === 'item' ? [host.input] : inputs === undefined ? [] : [inputs.list],
    );
    const outcome: Outcome = await outcomeOf(spec, host.call ?? declaredCall(flow, spec.step), store);
    if (spec.catchVar !== undefined) fields.set(spec.catchVar, undefined);
    const saved = await fields.save();
    await store.settle?.();
    return { outcome, artifacts: saved };
  } finally {
    detachHost(flow);
  }
}

function ownReads({ spec, store }: TaskSetting): TaskReads {
  let values: Current['parameters'] | undefined;
  return {
    artifacts: new ArtifactStore(store),
    parameters: () => {
      values ??= loadParameters(store, spec.parameters);
      return values;
    },
    sourceRefs: (own) => readSourceRefs(own, (key) => readManifestSync(store, key)),
    readItem: (source) => readItem(store, source),
  };
}

async function makeInputs(
  { spec, store }: TaskSetting,
  rest: Pick<JoinSetting, 'artifacts' | 'parameters' | 'fields'>,
): Promise<JoinInputs> {
  const sources = await joinedSources(store, spec);
  await store.fetchJoined?.(sources);
  return new JoinInputs({ spec, sources, ...rest, itemOf: joinedItems(store, spec, sources.length) });
}

async function makeFlow({ loadFlow, spec }: TaskSetting): Promise<object> {
  const loaded = await loadFlow();
  if (!isFlowClass(loaded)) {
    throw new LeatError(
      'FLOW_INVALID',
      `the code package of '${spec.flow}' has no flow as its default export`,
      {
        hint: 'Export it: export default class MyFlow extends Flow { … }.',
      },
    );
  }
  return Reflect.construct(loaded, []) as object;
}

async function callStep(
  flow: object,
  { step, flow: name }: TaskSpec,
  args: readonly unknown[],
): Promise<void> {
  const method: unknown = (flow as Record<string, unknown>)[step];
  if (typeof method !== 'function')
    throw new LeatError('FLOW_INVALID', `the flow '${name}' in the code package has no step '${step}'`);
  await (Reflect.apply(method, flow, args) as unknown);
}

function refuseUnset(fields: FlowFields, { known, step, takes }: TaskSpec): void {
  const from = takes === 'inputs' ? 'join' : 'step';
  for (const artifact of known) {
    if (!artifact.always) continue;
    fields.refuseUnset(artifact.name, () =>
      unsetArtifact(artifact, { step, expression: `this.${artifact.name}`, from }),
    );
  }
}
