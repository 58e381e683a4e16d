/**
 * What a process does whose parent has died. Usually the layer ends it; when all that would do so were killed at once, it sees to it by
 * itself that nothing more is begun and nothing is left.
 */
import { parentVariable } from '../plan/told-parent.ts';

/**
 * Whether the process that has started this one is gone, whenever it is asked. Who it was is told, since it may have died before this one could
 * look; where nobody tells, it is the parent now. What the step starts shall not take that for its own.
 */
export function watchParent(): () => boolean {
  const told = process.env[parentVariable];
  delete process.env[parentVariable];
  const parent = told === undefined ? process.ppid : Number(told);
  return () => process.ppid !== parent;
}

/** Between two looks at the parent, in milliseconds. */
const lookMs = 1000;

/**
 * One that is an orphan already ends here; from now on an orphan ends within a second or so, whatever its step waits for; one in a synchronous
 * loop ends when it gets out of that. Keeps nothing alive.
 */
export function endWhenOrphaned(isOrphan: () => boolean): void {
  const look = (): void => {
    if (isOrphan()) endOwnGroup();
  };
  look();
  // The first timer of a process takes Node a while: a task that waits for nothing is over after one turn of the loop, and needs none. Immediates
  // that are not to keep the loop alive would wait for something else to wake it.
  setImmediate(() => setImmediate(() => setInterval(look, lookMs).unref()));
}

/** Ends the process group that this process leads, itself included; does nothing when it leads none. */
export function endOwnGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // Somebody else started it as one of theirs.
  }
}
