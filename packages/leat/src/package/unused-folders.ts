/** Which folders of a cache nobody is likely to need any more. Pure. */

/** A folder and when it was touched last, in milliseconds since the epoch. */
export interface TouchedFolder {
  readonly path: string;
  readonly time: number;
}

/** Whoever uses a folder touches it: at the start of a run, and with each task that mounts it. What was touched so lately is in use. In milliseconds. */
const inUseMs = 7 * 24 * 3_600_000;

/** That many times as many as are kept anyway are kept for being in use: a cache has a bound whatever happens. */
const mostTimes = 16;

/** Those that were touched long ago, but for the `keep` that were touched last; and the oldest of those that are too many. */
export function unusedFolders(
  folders: readonly TouchedFolder[],
  keep: number,
  now: number,
): readonly TouchedFolder[] {
  const fromLast = folders.toSorted((a, b) => b.time - a.time);
  return fromLast.filter(({ time }, at) => at >= keep && (now - time > inUseMs || at >= keep * mostTimes));
}
