/**
 * Which policy this version schedules by. A log holds what was decided, and recovery decides all of it again to come to the same
 * state: so raise this whenever the same events would lead to other commands than before (the order of starts, the size of
 * chunks, when to retry, when to start a copy), and whenever an event comes to mean something else. Runs that another policy
 * has begun can then not be recovered by this version, only resumed. Logs that name none are of policy 1.
 */
export const schedulingPolicy = 4;
