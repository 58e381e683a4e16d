import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fairEnvironment } from './environment.ts';
import { machineBusySeconds } from './others.ts';
import { python } from './python.ts';

const launcher = path.join(import.meta.dirname, 'measure.py');

/** What the launcher itself takes to start and end. */
const launcherSeconds = 0.05;

export interface Command {
  readonly argv: readonly string[];
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What counts as success; 0 unless said otherwise. */
  readonly exitCode?: number;
  /** After so many seconds the command is ended, and the benchmark with it; 900 unless said otherwise. */
  readonly limit?: number;
}

/** What one run of a command cost. */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Seconds from the start to the exit of the command. */
  readonly wall: number;
  /** CPU seconds, user and system, of the command and of all processes that it started. */
  readonly cpu: number;
  /** CPU seconds of the command's own process. Linux only, else 0. */
  readonly ownCpu: number;
  /** VmHWM of the command's own process, in bytes. Linux only, else 0. */
  readonly peakMemory: number;
  /** Most memory that all processes of the command held together (PSS, looked at each quarter of a second), in bytes. Linux only, else 0. */
  readonly peakTree: number;
  /** Share of the machine's CPUs that other processes used meanwhile, 0 to 1. */
  readonly others: number;
  /** All that the command printed. */
  readonly output: string;
}

interface Launched extends Omit<Sample, 'output' | 'others'> {
  readonly exitCode: number;
  readonly timedOut: boolean;
}

/** Runs a command to its end. Throws, with the end of its output, when it exits otherwise than expected. */
export function measure({ argv, folder, environment = {}, exitCode = 0, limit = 900 }: Command): Sample {
  const file = path.join(folder, 'output.txt');
  const busyBefore = machineBusySeconds();
  const launched = spawnSync(python(), [launcher, String(limit), file, '--', ...argv], {
    cwd: folder,
    env: fairEnvironment(environment),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (launched.status !== 0) throw new Error(`The launcher could not run ${argv.join(' ')}`);
  const busy = machineBusySeconds() - busyBefore;
  const { exitCode: exited, timedOut, ...cost } = JSON.parse(launched.stdout) as Launched;
  const output = readFileSync(file, 'utf8');
  if (timedOut || exited !== exitCode) {
    const how = timedOut ? `took more than ${limit} s` : `exited with ${exited}, not ${exitCode}`;
    throw new Error(`${argv.join(' ')}\n${how}:\n${output.slice(-2000)}`);
  }
  const others = Math.max(
    0,
    (busy - cost.cpu - launcherSeconds) / (cost.wall + launcherSeconds) / os.availableParallelism(),
  );
  return { ...cost, others, output };
}
