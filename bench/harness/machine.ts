import { spawnSync } from 'node:child_process';
import os from 'node:os';

/** What a figure is worth nothing without. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** The commit, with `+changes` when the working tree differs from it. */
  readonly commit: string;
}

/** This machine and this code. */
export function describeMachine(): Machine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
    cpus: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    node: process.version,
    commit: commit(),
  };
}

/** Load average of the last minute. */
export const load = (): number => Number((os.loadavg()[0] ?? 0).toFixed(2));

function commit(): string {
  const hash = git('rev-parse', '--short=12', 'HEAD');
  if (hash === '') return 'no commit';
  return git('status', '--porcelain', '--untracked-files=no') === '' ? hash : `${hash}+changes`;
}

const git = (...argv: readonly string[]): string =>
  spawnSync('git', argv, { cwd: import.meta.dirname, encoding: 'utf8' }).stdout.trim();
