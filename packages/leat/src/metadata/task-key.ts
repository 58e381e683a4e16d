/**
 * A task's address taken apart, and the form in which a database sorts it. `datastore/keys.ts` owns the address;
 * metadata knows no datastore, so the few lines that read one are here again.
 */
import { LeatError } from '../errors/index.ts';

/** `train[3,12]~1` taken apart. */
export interface TaskKey {
  readonly step: string;
  readonly path: readonly number[];
  readonly iteration: number;
}

const pattern = /^([A-Za-z$_][\w$]*)(?:\[(\d+(?:,\d+)*)\])?(?:~([1-9]\d*))?$/;

/** Takes an address within a run apart; `undefined` for what is no address. */
export function parseTaskKey(address: string): TaskKey | undefined {
  const match = pattern.exec(address);
  if (match?.[1] === undefined) return undefined;
  return {
    step: match[1],
    path: match[2] === undefined ? [] : match[2].split(',').map(Number),
    iteration: match[3] === undefined ? 0 : Number(match[3]),
  };
}

/** The inverse of {@link parseTaskKey}. */
export function formatTaskKey({ step, path, iteration }: TaskKey): string {
  return `${step}${path.length > 0 ? `[${path.join(',')}]` : ''}${iteration > 0 ? `~${iteration}` : ''}`;
}

/** The same as {@link parseTaskKey}, for an address that Leat made: one that cannot be read is a defect (`INTERNAL`). */
export function taskKey(address: string): TaskKey {
  const key = parseTaskKey(address);
  if (key === undefined) throw new LeatError('INTERNAL', `'${address}' in an event is no address of a task`);
  return key;
}

/**
 * A path as text that sorts as numbers do: each index is led by a letter that says how many digits follow, so that
 * `[3]` (`a3`) comes before `[12]` (`b12`), and `[3,12]` is `a3b12`.
 */
export function sortablePath(path: readonly number[]): string {
  let text = '';
  for (const index of path) {
    const digits = String(index);
    text += String.fromCharCode(96 + digits.length) + digits;
  }
  return text;
}

/** The inverse of {@link sortablePath}. */
export function pathFromSortable(text: string): number[] {
  const path: number[] = [];
  let at = 0;
  while (at < text.length) {
    const end = at + 1 + (text.charCodeAt(at) - 96);
    path.push(Number(text.slice(at + 1, end)));
    at = end;
  }
  return path;
}

/** Order of step name, path, iteration: the order of every list of tasks. */
export function compareTaskKeys(a: TaskKey, b: TaskKey): number {
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  const [left, right] = [sortablePath(a.path), sortablePath(b.path)];
  if (left !== right) return left < right ? -1 : 1;
  return a.iteration - b.iteration;
}
