/** The built command line as a new user calls it: a process of its own, in a folder of its own. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noneLeft, processesWith } from './processes.ts';

/** Names whose every process is, and those that it starts: a variable that all of them inherit. */
const markName = 'LEAT_TEST_MARK';

const packageFolder = fileURLToPath(new URL('../../packages/leat', import.meta.url));
const program = join(packageFolder, 'bin/leat.js');

export interface CliResult {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `list tasks --json` says of a task, as far as tests look at it. */
export interface TaskRow {
  readonly task: string;
  readonly step: string;
  readonly status: string;
  readonly attempts: number;
  readonly caught: boolean;
  readonly originRun?: string;
  readonly failure?: {
    readonly reason: string;
    readonly message: string;
    readonly place?: { readonly file: string; readonly line: number };
  };
}

export type Artifacts = Readonly<Record<string, unknown>>;

export class Leat {
  /** Working directory: flows are written here and `.leat` appears here. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'leat-test-'));
  /** What commands are started with; may be added to. */
  readonly env: NodeJS.ProcessEnv;
  readonly #launcher: readonly string[];
  readonly #mark: string = randomUUID();

  /** @param launcher a program and its first arguments that the command line is started with */
  constructor(env: NodeJS.ProcessEnv = {}, launcher: readonly string[] = []) {
    this.#launcher = launcher;
    writeFileSync(join(this.folder, 'package.json'), '{ "type": "module" }\n');
    this.env = {
      ...process.env,
      NO_COLOR: '1',
      LEAT_USER: 'tester',
      LEAT_HOME: undefined,
      LEAT_NAMESPACE: undefined,
      ...env,
      // Of this one alone: what is left behind is found by it.
      [markName]: this.#mark,
    };
  }

  /** Writes a file into the folder and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Puts the package where a project has it that has installed it: plain Node looks it up there. */
  install(): void {
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(packageFolder, join(this.folder, 'node_modules/leat'));
  }

  /** Starts the command without waiting for it. */
  start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): {
    readonly pid: number;
    readonly done: Promise<CliResult>;
    readonly stdoutHas: (text: string) => Promise<void>;
    kill(signal: NodeJS.Signals): void;
  } {
    const [command = process.execPath, ...rest] = [...this.#launcher, process.execPath, program, ...args];
    const child = spawn(command, rest, {
      cwd: this.folder,
      env: { ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const waiting = new Set<{ text: string; resolve: () => void; reject: (error: Error) => void }>();
    const look = (): void => {
      for (const one of waiting) {
        if (!`${stdout}\n${stderr}`.includes(one.text)) continue;
        waiting.delete(one);
        one.resolve();
      }
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => ((stdout += text), look()));
    child.stderr.setEncoding('utf8').on('data', (text: string) => ((stderr += text), look()));
    const done = new Promise<CliResult>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exitCode, signal) => {
        for (const one of waiting)
          one.reject(new Error(`ended without printing '${one.text}':\n${stdout}\n${stderr}`));
        resolve({ exitCode: exitCode ?? -1, signal, stdout, stderr });
      });
    });
    return {
      pid: child.pid ?? -1,
      done,
      stdoutHas: (text) =>
        new Promise<void>((resolve, reject) => {
          waiting.add({ text, resolve, reject });
          look();
        }),
      kill: (signal) => void child.kill(signal),
    };
  }

  /** Runs the command to its end, whatever its exit code. */
  async call(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
    return this.start(args, env).done;
  }

  /** Runs the command, which must succeed. */
  async ok(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
    const result = await this.call(args, env);
    if (result.exitCode !== 0) {
      throw new Error(
        `leat ${args.join(' ')} exited ${result.exitCode ?? result.signal}\n${result.stdout}\n${result.stderr}`,
      );
    }
    return result;
  }

  /** The document that a command prints with `--json`. */
  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse((await this.ok([...args, '--json'])).stdout) as T;
  }

  tasks(run: string): Promise<TaskRow[]> {
    return this.json('list', 'tasks', run);
  }

  /** Artifacts of each task of a run, by address within the run. */
  async artifacts(run: string): Promise<ReadonlyMap<string, Artifacts>> {
    const dump = await this.json<{ tasks: { task: string; artifacts: Artifacts }[] }>('dump', run);
    return new Map(dump.tasks.map((task) => [task.task, task.artifacts]));
  }

  /** Pids of the live processes that were started from here, directly or not. */
  processes(): readonly number[] {
    return processesWith(markName, this.#mark);
  }

  /** Waits until all of them have ended; fails with those that are left after 15 seconds. */
  async noneLeft(): Promise<void> {
    await noneLeft(markName, this.#mark);
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Counts of a run's tasks by step; steps without tasks are missing. */
export function countBySteps(tasks: readonly TaskRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const task of tasks) counts[task.step] = (counts[task.step] ?? 0) + 1;
  return counts;
}
