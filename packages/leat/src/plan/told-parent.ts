/** What a process for a task is told by whoever starts it: who that is. By the time that it can look, its parent may be another: that of orphans. */

/** The environment variable that has the number of the process. */
export const parentVariable = 'LEAT_PARENT';
