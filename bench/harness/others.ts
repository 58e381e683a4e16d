import os from 'node:os';

/** Seconds that this machine's CPUs have worked, all together, since it started. */
export function machineBusySeconds(): number {
  const milliseconds = os
    .cpus()
    .reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return milliseconds / 1000;
}

/** Share of the machine that others may use before wall times are no longer believed. */
const quiet = 0.1;

interface Disturbed {
  /** Share of all CPUs that other processes used during the sample, 0 to 1. */
  readonly others: number;
}

/** Whether others worked so much on this machine, during more than half of the samples, that their wall times say little. */
export function disturbed(samples: readonly Disturbed[]): boolean {
  return samples.filter(({ others }) => others > quiet).length * 2 > samples.length;
}
