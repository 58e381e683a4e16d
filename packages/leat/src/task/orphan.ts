/**
 * What a process does whose parent has died. Usually the layer ends it; when all that would do so were killed at once, it sees to it by
 * itself that nothing more is begun and nothing is left.
 */

/** Whether the parent that this process has now is gone, whenever it is asked. */
export function watchParent(): () => boolean {
  const parent = process.ppid;
  return () => process.ppid !== parent;
}

/** Between two looks at the parent, in milliseconds. */
const lookMs = 1000;

/** From now on an orphan ends within a second or so, whatever its step waits for; one in a synchronous loop ends when it gets out of that. Keeps nothing alive. */
export function endWhenOrphaned(isOrphan: () => boolean): void {
  setInterval(() => {
    if (isOrphan()) endOwnGroup();
  }, lookMs).unref();
}

/** Ends the process group that this process leads, itself included; does nothing when it leads none. */
export function endOwnGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // Somebody else started it as one of theirs.
  }
}
