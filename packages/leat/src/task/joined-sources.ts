import type { Datastore } from '../datastore/datastore.ts';
import { formatTask, manifestKey, parseTask } from '../datastore/keys.ts';
import { SourceIndex } from '../datastore/source-index.ts';
import type { JoinedSources, TaskSource, TaskSpec } from '../plan/task-spec.ts';

/** One of the tasks that a join joins. */
export interface JoinedSource {
  /** `train[3]`, or the step's name after a branch. */
  readonly label: string;
  /** Key of the manifest that decided it. */
  readonly manifest: string;
}

/** What a join joins, in the order of the split. Of a million no list is held: each is made when it is asked for. */
export interface JoinedSourceList {
  readonly length: number;
  at(index: number): JoinedSource;
  /** The position of an input in the split. */
  position(index: number): number;
  /** After a branch: where the task is that came by a step. Absent for a foreach. */
  readonly branches?: ReadonlyMap<string, number>;
}

/** Reads what a join's spec says of its sources. Throws `STORE_CORRUPT` when a list of them is gone or damaged. */
export async function joinedSources(store: Datastore, spec: TaskSpec): Promise<JoinedSourceList> {
  const { joined } = spec;
  if (joined === undefined) return isForeach(spec) ? foreachSources(spec) : branchSources(spec);
  if (joined.kind === 'alike') return alikeSources(spec, joined);
  const index = await SourceIndex.open(store, joined.key, joined.count);
  return {
    length: joined.count,
    at: (place) => {
      const { address, manifest } = index.at(place);
      return { label: formatTask(address), manifest };
    },
    position: (place) => place,
  };
}

function alikeSources(
  { flow, run }: TaskSpec,
  joined: Extract<JoinedSources, { kind: 'alike' }>,
): JoinedSourceList {
  const { step, path, iteration, attempt, count } = joined;
  return {
    length: count,
    at: (place) => {
      const address = { step, path: [...path, place], iteration };
      return {
        label: formatTask(address),
        manifest: manifestKey(flow, joined.run ?? run, address, attempt),
      };
    },
    position: (place) => place,
  };
}

function foreachSources({ sources, path }: TaskSpec): JoinedSourceList {
  return {
    length: sources.length,
    at: (index) => {
      const { task: label, manifest } = sourceAt(sources, index);
      return { label, manifest };
    },
    position: (index) => parseTask(sourceAt(sources, index).task)?.path[path.length] ?? index,
  };
}

function branchSources({ sources, path }: TaskSpec): JoinedSourceList {
  return {
    length: sources.length,
    at: (index) => {
      const { step: label, manifest } = sourceAt(sources, index);
      return { label, manifest };
    },
    position: (index) => parseTask(sourceAt(sources, index).task)?.path[path.length] ?? index,
    branches: new Map(sources.map(({ step }, index) => [step, index])),
  };
}

function sourceAt(sources: readonly TaskSource[], index: number): TaskSource {
  const source = sources[index];
  if (source === undefined) throw new RangeError(`there is no input ${index}`);
  return source;
}

/** Whether the join closes a foreach: its tasks stand one level deeper than it does itself. */
function isForeach({ joinedItems, sources, path }: TaskSpec): boolean {
  if (joinedItems !== undefined) return true;
  const [first] = sources;
  return first !== undefined && (parseTask(first.task)?.path.length ?? 0) > path.length;
}
