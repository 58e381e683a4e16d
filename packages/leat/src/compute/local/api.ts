/**
 * The sliver of the operating system that the local layer uses: processes and signals. The only file here that starts
 * anything.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { formatWork, type Work, workVariable } from '../../plan/likely-work.ts';
import { parentVariable } from '../../plan/told-parent.ts';
import type { ExitFacts, TaskProcess } from '../machine/task-process.ts';

/** How a process is started: what standby processes are told apart by, but for their work. */
export interface Launch {
  /** Flags of Node. */
  readonly flags: readonly string[];
  /** Added to the environment of the engine. */
  readonly environment: Readonly<Record<string, string>>;
  /** May be started before there is an attempt for it. */
  readonly standby: boolean;
  /** What it will probably do: it may still be given anything. */
  readonly work: Work | undefined;
}

/** A process that waits for, or runs, one task. It leads a process group of its own, which ends with it. */
export interface WaitingProcess extends TaskProcess {
  /** Whether it is known to have ended. */
  readonly gone: () => boolean;
  /** Hands the task over: one line, once. */
  readonly send: (line: string) => void;
}

/** What all processes of a layer have in common. */
export interface ProcessSetting {
  readonly runner: string;
  /** The folder of the code package, loaded ahead. */
  readonly packageFolder: string | undefined;
  /** Where the package's project is. */
  readonly sourceRoot: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

// A write to a process that has just died: its exit says all there is to say.
const ignore = (): void => undefined;

/** A child that left the process group may keep the pipes open: they are given up this long after the task's end. */
export const outputLingerMs = 2000;

function exitOf(child: ChildProcess): Promise<ExitFacts> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve(code === null ? { signal: signal ?? 'unknown' } : { code }));
  });
}

function unstarted(error: Error): WaitingProcess {
  const empty = (): Readable => Readable.from([]);
  return {
    stdout: empty(),
    stderr: empty(),
    outputLingerMs,
    exited: Promise.resolve({ error }),
    gone: () => true,
    send: ignore,
    signal: ignore,
  };
}

/** What is added to the environment of all. */
export function environmentOf({ environment, work }: Launch): Readonly<Record<string, string>> {
  return work === undefined ? environment : { ...environment, [workVariable]: formatWork(work) };
}

/** The arguments of Node that start a process for a task. */
export function argumentsOf(
  { runner, packageFolder, sourceRoot }: ProcessSetting,
  { flags }: Launch,
): readonly string[] {
  const ahead = [packageFolder, sourceRoot].filter((argument) => argument !== undefined);
  return [...flags, runner, ...(packageFolder === undefined ? [] : ahead)];
}

/**
 * Starts a process for a task. It waits for its {@link WaitingProcess.send} on file descriptor 3; `started` is told its group before.
 * Never throws.
 */
export function startTaskProcess(
  setting: ProcessSetting,
  launch: Launch,
  started: (group: number) => void,
): WaitingProcess {
  let child: ChildProcess;
  try {
    // A session and a process group of its own: signals reach the task with all its children, and Ctrl-C in a terminal only the engine.
    child = spawn(process.execPath, argumentsOf(setting, launch), {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...setting.environment, ...environmentOf(launch), [parentVariable]: `${process.pid}` },
    });
  } catch (error) {
    return unstarted(error as Error);
  }
  const { pid, stdout, stderr, stdio } = child;
  const exited = exitOf(child);
  // Out of processes or of file descriptors: the reason comes as an event, and there are no pipes.
  if (pid === undefined || stdout === null || stderr === null) {
    return { ...unstarted(new Error('it could not be started')), exited };
  }
  const channel = stdio[3] as Writable;
  channel.on('error', ignore);
  let gone = false;
  const known = exited.then((facts) => {
    gone = true;
    // What the task has started ends with it.
    signalGroup(pid, 'SIGKILL');
    return facts;
  });
  started(pid);
  return {
    stdout,
    stderr,
    outputLingerMs,
    exited: known,
    gone: () => gone,
    send: (line) => channel.end(`${line}\n`),
    signal: (signal) => {
      if (!gone) signalGroup(pid, signal);
    },
  };
}

/** Starts the server that starts processes, in a session of its own: Ctrl-C in a terminal is the engine's to answer. */
export function startSpawnServer(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ChildProcess {
  // As little memory of its own as can be: that is what it is for.
  const flags = ['--v8-pool-size=0', '--max-semi-space-size=1'];
  const child = spawn(process.execPath, [...flags, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: environment,
  });
  child.stdin.on('error', ignore);
  return child;
}

/** Signals a process group; one that is gone is no error. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // EPERM: what is left of the group has changed its user (a set-uid program); it is not ours to end.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

/** A small program that reads lines from us; it outlives us long enough to see that we are gone. */
export interface ShellProcess {
  readonly write: (line: string) => void;
  /** Closes its input. */
  readonly end: () => void;
  readonly exited: Promise<ExitFacts>;
}

/** Starts a script of the system's shell in a session of its own. */
export async function startShell(script: string): Promise<ShellProcess> {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const input = child.stdin;
  input.on('error', ignore);
  const exited = exitOf(child);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  return {
    write: (line) => void input.write(`${line}\n`),
    end: () => {
      // It does not keep the engine alive while that works, but is waited for at the end.
      child.ref();
      input.end();
    },
    exited,
  };
}
