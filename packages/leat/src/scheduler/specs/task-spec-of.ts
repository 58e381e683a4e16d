import { formatTask, manifestKey } from '../../datastore/keys.ts';
import type { SourceColumns } from '../../datastore/source-columns.ts';
import { LeatError } from '../../errors/index.ts';
import type { ForeachFrame, ItemSource, TaskSource, TaskSpec } from '../../plan/task-spec.ts';
import { type FinishedId, finishedOf, manifestOf } from '../state/finished.ts';
import { arrivalAt } from '../policy/frames.ts';
import { joinedOf } from './joined-of.ts';
import { type Frame, pathOf, type Position, type SchedulerState, type Task } from '../state/state.ts';
import { nodeOf } from '../state/step-table.ts';

/** A foreach around a task, before anyone has looked where the item's bytes are. */
export type FrameWithoutItem = Omit<ForeachFrame, 'item'> & {
  /** Key of the index of the items. */
  readonly items: string;
};

/** All of a {@link TaskSpec} that the state knows. */
export interface TaskPieces {
  readonly spec: Omit<TaskSpec, keyof RunFacts | 'foreach' | 'token'>;
  readonly frames: readonly FrameWithoutItem[];
  /** What the object at `spec.joined.key` lists. */
  readonly list?: () => SourceColumns;
}

/** The same for every task of a run. */
export type RunFacts = Pick<TaskSpec, 'user' | 'package' | 'parameters' | 'tags' | 'namespace' | 'originRun'>;

/** What the scheduler does not know itself, and what is too long for a spec. */
export interface SpecStore {
  /** Finds the bytes of foreach items, in order: the scheduler knows numbers and the keys of indexes, nothing more. */
  locateItems(frames: readonly FrameWithoutItem[]): Promise<readonly ItemSource[]>;
  /** Stores the list of what a join joins. */
  storeSources(key: string, columns: SourceColumns): Promise<void>;
}

/**
 * What the task with this address needs to run.
 *
 * @param attempt of two copies, which one; the first, or the only one, unless told
 * @throws LeatError INTERNAL for a task that is not active.
 */
export function taskPiecesOf(state: SchedulerState, address: string, attempt?: number): TaskPieces {
  const task = state.active.get(address);
  if (task === undefined) throw new LeatError('INTERNAL', `there is no active task '${address}'`);
  const { name, graph, plan, known } = nodeOf(state.table, task.step);
  const path = pathOf(task);
  const { iteration } = task;
  const number = attempt ?? task.attempt;
  const joins = joinedOf(state, task, number);
  return {
    spec: {
      version: 1,
      flow: state.flow,
      run: state.run,
      step: name,
      task: address,
      path,
      iteration,
      attempt: number,
      takes: graph.takes,
      next: graph.next,
      reads: graph.reads,
      known,
      sources: sourcesOf(state, task),
      ...(joins === undefined ? {} : { joined: joins.joined }),
      ...joinedItemsOf(task),
      manifest: manifestKey(state.flow, state.run, { step: name, path, iteration }, number),
      triesLeft: plan.retry.times - task.ownFailures + 1,
      ...(plan.timeoutSeconds === undefined ? {} : { timeoutSeconds: plan.timeoutSeconds }),
      ...(plan.catchError === undefined ? {} : { catchVar: plan.catchError.var }),
    },
    frames: framesOf(state, task),
    ...(joins?.list === undefined ? {} : { list: joins.list }),
  };
}

/** The whole spec, once the items are located and what is joined is listed. */
export async function taskSpecOf(
  pieces: TaskPieces,
  facts: RunFacts & Pick<TaskSpec, 'token'>,
  store: SpecStore,
): Promise<TaskSpec> {
  const [spec] = await taskSpecsOf([pieces], facts, store);
  return spec as TaskSpec;
}

/** {@link taskSpecOf} for many, in their order. */
export async function taskSpecsOf(
  pieces: readonly TaskPieces[],
  facts: RunFacts & Pick<TaskSpec, 'token'>,
  store: SpecStore,
): Promise<readonly TaskSpec[]> {
  const items = await store.locateItems(pieces.flatMap(({ frames }) => frames));
  const specs: TaskSpec[] = [];
  let next = 0;
  for (const { spec, frames, list } of pieces) {
    if (spec.joined?.kind === 'listed' && list !== undefined)
      await store.storeSources(spec.joined.key, list());
    const foreach = frames.map(({ step, index, count }): ForeachFrame => {
      const item = items[next] as ItemSource;
      next += 1;
      return { step, index, count, item };
    });
    specs.push({ ...spec, ...facts, foreach });
  }
  return specs;
}

/** A join of a foreach: where the items lie that its inputs were given. */
function joinedItemsOf({ source }: Task): Pick<TaskSpec, 'joinedItems'> {
  const items = source.kind === 'join' ? source.frame.items : undefined;
  return items === undefined ? {} : { joinedItems: items };
}

/** The tasks that a task's artifacts come from: for the join of a branch all of them, in the order of the split. */
function sourcesOf(state: SchedulerState, task: Task): readonly TaskSource[] {
  const { source, frame, place } = task;
  switch (source.kind) {
    case 'none':
      return [];
    case 'task':
      return [sourceAt(state, { frame, place }, source.finished)];
    case 'split':
      return frame === undefined ? [] : [sourceAt(state, frame.split, frame.source)];
    case 'join':
      if (source.frame.kind === 'foreach') return [];
      return Array.from({ length: source.frame.count }, (_, at) =>
        sourceAt(state, { frame: source.frame, place: at }, arrivalAt(source.frame, at)),
      );
  }
}

function sourceAt(
  state: SchedulerState,
  where: Pick<Position, 'frame' | 'place'>,
  id: FinishedId,
): TaskSource {
  const finished = finishedOf(state.finished, id);
  const { name: step } = nodeOf(state.table, finished.step);
  const path = pathOf(where);
  return {
    step,
    task: formatTask({ step, path, iteration: finished.iteration }),
    manifest: manifestOf(finished, { flow: state.flow, run: state.run, step, path }),
  };
}

function framesOf(
  state: SchedulerState,
  position: Pick<Position, 'frame' | 'place'>,
): readonly FrameWithoutItem[] {
  const frames: FrameWithoutItem[] = [];
  let at: { readonly frame: Frame | undefined; readonly place: number } = position;
  while (at.frame !== undefined) {
    const { split, count, items } = at.frame;
    if (items !== undefined) {
      frames.push({ step: nodeOf(state.table, split.step).name, index: at.place, count, items });
    }
    at = split;
  }
  return frames.toReversed();
}
