import { LeatError } from '../errors/index.ts';
import { manifestKey } from '../datastore/keys.ts';
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

/** A place in a {@link FinishedTable}. */
export type FinishedId = number;

/**
 * Each different {@link Finished} once. A fan-out of a million tasks that all succeeded at their first attempt is one entry,
 * and a frame whose items differ keeps four bytes an item.
 */
export interface FinishedTable {
  readonly entries: Finished[];
  readonly ids: Map<string, FinishedId>;
}

/** A table without entries. */
export const emptyFinished = (): FinishedTable => ({ entries: [], ids: new Map() });

/** The id of an entry, made when it is new. */
export function internFinished(table: FinishedTable, finished: Finished): FinishedId {
  const { step, iteration, attempt, run, manifest } = finished;
  const key = manifest ?? `${step}~${iteration}@${attempt}/${run ?? ''}`;
  const known = table.ids.get(key);
  if (known !== undefined) return known;
  const id = table.entries.length;
  table.entries.push(finished);
  table.ids.set(key, id);
  return id;
}

/** The entry of an id that this table gave out. */
export function finishedOf(table: FinishedTable, id: FinishedId): Finished {
  const found = table.entries[id];
  if (found === undefined) throw new LeatError('INTERNAL', `there is no finished task number ${id}`);
  return found;
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
  place: FinishedPlace & { readonly id: StepId; readonly iteration: number },
): Finished {
  const head = `runs/${place.flow}/`;
  const run = manifest.startsWith(head)
    ? manifest.slice(head.length, manifest.indexOf('/', head.length))
    : '';
  const attempt = Number(/@(\d+)\.json$/.exec(manifest)?.[1] ?? -1);
  const finished: Finished = {
    step: place.id,
    iteration: place.iteration,
    attempt,
    ...(run === place.run ? {} : { run }),
  };
  return manifestOf(finished, place) === manifest ? finished : { ...finished, manifest };
}
