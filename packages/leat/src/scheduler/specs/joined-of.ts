import { sourcesKey } from '../../datastore/keys.ts';
import type { SourceColumns, SourceKind } from '../../datastore/source-columns.ts';
import { LeatError } from '../../errors/index.ts';
import type { JoinedSources } from '../../plan/task-spec.ts';
import { type Finished, finishedOf, packedRowOf } from '../state/finished.ts';
import { arrivalAt } from '../policy/frames.ts';
import { type Frame, pathOf, type SchedulerState, type Task } from '../state/state.ts';
import { nodeOf, targetsOf } from '../state/step-table.ts';

/** What the join of a foreach joins. */
export interface Joined {
  readonly joined: JoinedSources;
  /** When no rule names it all: what the list of it says, which is to be stored before the join starts. */
  readonly list?: () => SourceColumns;
}

/** What an attempt of a task joins; `undefined` when it is no join of a foreach. */
export function joinedOf(state: SchedulerState, task: Task, attempt: number): Joined | undefined {
  if (task.source.kind !== 'join' || task.source.frame.kind !== 'foreach') return undefined;
  const { frame } = task.source;
  const rule = ruleOf(state, frame);
  if (rule !== undefined) return { joined: { kind: 'alike', count: frame.count, ...rule } };
  const { name: step } = nodeOf(state.table, task.step);
  const address = { step, path: pathOf(task), iteration: task.iteration };
  const key = sourcesKey(state.flow, state.run, address, attempt);
  return { joined: { kind: 'listed', count: frame.count, key }, list: () => columnsOf(state, frame) };
}

type Rule = Omit<Extract<JoinedSources, { kind: 'alike' }>, 'kind' | 'count'>;

/** How the manifests of all inputs are named, when they are named alike. */
function ruleOf(state: SchedulerState, frame: Frame): Rule | undefined {
  const path = pathOf(frame.split);
  const nameOf = (step: number): string => nodeOf(state.table, step).name;
  if (frame.common === undefined) {
    const [first = frame.join] = targetsOf(nodeOf(state.table, frame.split.step));
    return { step: nameOf(first), path, iteration: 0, attempt: 0 };
  }
  const { step, iteration, attempt, run, manifest } = finishedOf(state.finished, frame.common);
  if (frame.arrivals !== undefined || manifest !== undefined) return undefined;
  return { step: nameOf(step), path, iteration, attempt, ...(run === undefined ? {} : { run }) };
}

/** The inputs place by place; of the tables of kinds and packs only what they refer to. */
function columnsOf(state: SchedulerState, frame: Frame): SourceColumns {
  const { flow, finished } = state;
  const { count } = frame;
  const column = (): Uint32Array => new Uint32Array(count);
  const columns = { kind: column(), pack: column(), offset: column(), length: column() };
  const kinds = new Numbering();
  const packs = new Numbering();
  for (let place = 0; place < count; place += 1) {
    const id = arrivalAt(frame, place);
    const row = packedRowOf(finished, id);
    columns.kind[place] = kinds.of(row?.entry ?? id);
    if (row === undefined) continue;
    columns.pack[place] = packs.of(row.pack) + 1;
    columns.offset[place] = row.offset;
    columns.length[place] = row.length;
  }
  return {
    flow,
    path: pathOf(frame.split),
    kinds: kinds.all.map((entry) => kindOf(state, finishedOf(finished, entry))),
    packs: packs.all.map((pack) => finished.packed.packs[pack] ?? ''),
    count,
    ...columns,
  };
}

function kindOf(state: SchedulerState, { step, iteration, attempt, run, manifest }: Finished): SourceKind {
  if (manifest !== undefined)
    throw new LeatError('INTERNAL', `the manifest '${manifest}' is not named after its task`);
  return { step: nodeOf(state.table, step).name, iteration, attempt, run: run ?? state.run };
}

/** Gives numbers from 0 on to what it is asked for, in the order of the first asking. */
class Numbering {
  readonly all: number[] = [];
  readonly #numbers = new Map<number, number>();

  of(id: number): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.all.length);
    return this.all.push(id) - 1;
  }
}
