/**
 * Names of things, the same everywhere: task addresses and the keys of the datastore.
 *
 * A task's address within its run is `step`, `step[3]`, `step[3,12]` (foreach indexes, outermost first), with `~n` for
 * the n-th time round a loop when n > 0. The full address is `Flow/run/address`, an attempt `Flow/run/address@attempt`.
 */
export interface TaskAddress {
  readonly step: string;
  readonly path: readonly number[];
  readonly iteration: number;
}

/** `{ step: 'train', path: [3], iteration: 0 }` → `train[3]`. */
export function formatTask({ step, path, iteration }: TaskAddress): string {
  return `${step}${path.length > 0 ? `[${path.join(',')}]` : ''}${iteration > 0 ? `~${iteration}` : ''}`;
}

const taskPattern = /^(?<step>[A-Za-z$_][\w$]*)(?:\[(?<path>\d+(?:,\d+)*)\])?(?:~(?<iteration>[1-9]\d*))?$/;

/** The inverse of {@link formatTask}; `undefined` for what is no address. */
export function parseTask(text: string): TaskAddress | undefined {
  const groups = taskPattern.exec(text)?.groups;
  if (groups?.['step'] === undefined) return undefined;
  return {
    step: groups['step'],
    path: groups['path'] === undefined ? [] : groups['path'].split(',').map(Number),
    iteration: groups['iteration'] === undefined ? 0 : Number(groups['iteration']),
  };
}

/** The folder of everything that a run wrote. */
export const runPrefix = (flow: string, run: string): string => `runs/${flow}/${run}/`;

/** `runs/TrainFlow/417/train/3,12~1@0`: the name that an attempt's manifest and log share. */
function attemptKey(flow: string, run: string, address: TaskAddress, attempt: number): string {
  const own = address.path.length > 0 ? address.path.join(',') : 'task';
  const round = address.iteration > 0 ? `~${address.iteration}` : '';
  return `${runPrefix(flow, run)}${address.step}/${own}${round}@${attempt}`;
}

/** Key of the manifest of an attempt. */
export const manifestKey = (flow: string, run: string, address: TaskAddress, attempt: number): string =>
  `${attemptKey(flow, run, address, attempt)}.json`;

/** Key of the log of an attempt. */
export const logKey = (flow: string, run: string, address: TaskAddress, attempt: number): string =>
  `${attemptKey(flow, run, address, attempt)}.log`;

/** Key of the pack that takes the manifests of a chunk of tasks, by the chunk's token. */
export const packKey = (flow: string, run: string, step: string, token: string): string =>
  `${runPrefix(flow, run)}${step}/${token}.pack`;

/** Whether a key is that of a pack. */
export const isPack = (key: string): boolean => key.endsWith('.pack');

/** Key of the list of what a join of a foreach joins. */
export const sourcesKey = (flow: string, run: string, address: TaskAddress, attempt: number): string =>
  `${attemptKey(flow, run, address, attempt)}.sources`;

/** Key of a blob by the sha256 of its content, in hex. */
export const blobKey = (hash: string): string => `blobs/${hash.slice(0, 2)}/${hash.slice(2)}`;

/** Folder of a code package by its hash. */
export const packagePrefix = (hash: string): string => `packages/${hash}/`;

/** The folder of all tools, of whatever version. */
export const allToolsPrefix = 'tools/';

/** Folder of the tools that run tasks on other machines, by their hash. */
export const toolsPrefix = (hash: string): string => `${allToolsPrefix}${hash}/`;

/** Folder of a Node binary by the sha256 of the program, in hex. */
export const nodePrefix = (sha256: string): string => `${allToolsPrefix}node/${sha256}/`;

/** The folder of what jobs on other machines leave for their layers: how they ended and what they printed (`agent/job-keys.ts`). */
export const jobsPrefix = 'jobs/';
