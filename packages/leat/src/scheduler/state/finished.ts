import { LeatError } from '../../errors/index.ts';
import { manifestKey } from '../../datastore/keys.ts';
import { formatPackedKey } from '../../datastore/packs/packed-key.ts';
import {
  addPacked,
  emptyPacked,
  internPack,
  packedPlaceOf,
  type PackedResults,
  type PackedRow,
  packedRow,
} from './finished-packs.ts';
import type { StepId } from './step-table.ts';

/** What is kept of a finished task, without its path: with it, the key of its manifest can be built again. */
export interface Finished {
  readonly step: StepId;
  readonly iteration: number;
  /** The attempt that decided it; for a caught task the number of the stand-in, one past the last try. */
  readonly attempt: number;
  /** The run that wrote it; absent: this one. */
  readonly run?: string;
  /** The key itself, when it cannot be built. */
  readonly manifest?: string;
}

/** A place in a {@link FinishedTable}: of an entry, or, from {@link firstPacked} on, of a result in a pack. */
export type FinishedId = number;

/** Four bytes hold an id, so that a frame whose items differ keeps no more than that for each. */
const firstPacked = 2 ** 31;

/**
 * Each different {@link Finished} once. A fan-out of a million tasks that all succeeded at their first attempt is one entry; of
 * results that lie in packs there is one row each.
 */
export interface FinishedTable {
  readonly entries: Finished[];
  readonly ids: Map<string, FinishedId>;
  readonly packed: PackedResults;
}

/** A table without entries. */
export const emptyFinished = (): FinishedTable => ({ entries: [], ids: new Map(), packed: emptyPacked() });

/** The id of an entry, made when it is new. */
export function internFinished(table: FinishedTable, finished: Finished): FinishedId {
  const { manifest, ...unpacked } = finished;
  const place = manifest === undefined ? undefined : packedPlaceOf(manifest);
  if (place === undefined) return internEntry(table, finished);
  const { offset, length } = place;
  const entry = internEntry(table, unpacked);
  return (
    firstPacked +
    addPacked(table.packed, { entry, pack: internPack(table.packed, place.pack), offset, length })
  );
}

function internEntry(table: FinishedTable, finished: Finished): FinishedId {
  const { step, iteration, attempt, run, manifest } = finished;
  const key = manifest ?? `${step}~${iteration}@${attempt}/${run ?? ''}`;
  const known = table.ids.get(key);
  if (known !== undefined) return known;
  const id = table.entries.length;
  table.entries.push(finished);
  table.ids.set(key, id);
  return id;
}

/** Keeps results of one pack, one after another, and gives out their ids. */
export function packOf(
  table: FinishedTable,
  pack: string,
  finished: Omit<Finished, 'manifest'>,
): (offset: number, length: number) => FinishedId {
  const { packed } = table;
  const entry = internEntry(table, finished);
  const number = internPack(packed, pack);
  return (offset, length) => firstPacked + addPacked(packed, { entry, pack: number, offset, length });
}

/** Where the manifest of a result lies within its pack; `undefined` when it is an object of its own. */
export const packedRowOf = (table: FinishedTable, id: FinishedId): PackedRow | undefined =>
  id < firstPacked ? undefined : packedRow(table.packed, id - firstPacked);

/** The entry of an id that this table gave out. */
export function finishedOf(table: FinishedTable, id: FinishedId): Finished {
  const row = packedRowOf(table, id);
  const found = table.entries[row?.entry ?? id];
  if (found === undefined) throw new LeatError('INTERNAL', `there is no finished task number ${id}`);
  if (row === undefined) return found;
  const { offset, length } = row;
  return {
    ...found,
    manifest: formatPackedKey({ pack: table.packed.packs[row.pack] ?? '', offset, length }),
  };
}

/** What a task is called when its manifest's key is built. */
export interface FinishedPlace {
  readonly flow: string;
  readonly run: string;
  readonly step: string;
  readonly path: readonly number[];
}

/** The key of the manifest that decided a task. */
export function manifestOf(finished: Finished, { flow, run, step, path }: FinishedPlace): string {
  if (finished.manifest !== undefined) return finished.manifest;
  return manifestKey(
    flow,
    finished.run ?? run,
    { step, path, iteration: finished.iteration },
    finished.attempt,
  );
}

/** The inverse of {@link manifestOf}: what to keep, given the key. */
export function describeFinished(
  manifest: string,
  place: FinishedPlace & { readonly id: StepId; readonly iteration: number; readonly attempt: number },
): Finished {
  const { id: step, iteration, attempt: decided } = place;
  const head = `runs/${place.flow}/`;
  const run = manifest.startsWith(head)
    ? manifest.slice(head.length, manifest.indexOf('/', head.length))
    : '';
  const attempt = Number(/@(\d+)\.json$/.exec(manifest)?.[1] ?? decided);
  const finished: Finished = {
    step,
    iteration,
    attempt,
    ...(run === place.run ? {} : { run }),
  };
  return manifestOf(finished, place) === manifest ? finished : { ...finished, manifest };
}
