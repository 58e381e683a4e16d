/** The process of a job's task, from its start to its end: its output, its time, signals, and why it died. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { LogChunk } from '../compute/compute-layer.ts';
import { type TaskMessage, taskMessageDescriptor } from '../plan/task-message.ts';
import { outOfMemoryKills } from '../process/control-group.ts';
import { JobOutput } from '../process/job-output.ts';
import { TimeLimit } from '../process/time-limit.ts';
import { Timers } from '../process/timers.ts';
import { endOfJob, type ExitFacts, type JobEnd } from './job-end.ts';
import { nodeFlags, taskEnvironment } from './task-launch.ts';

/** Between TERM and KILL when a task has used up its time. */
const timeoutGraceSeconds = 5;
/** What the task has started and left behind may keep its pipes open: they are given up this long after its end. */
const lingerMs = 2000;
/** When memory runs out the kernel shall end the task, and not the agent that can say so. */
const killFirst = '500';

export class JobProcess {
  /** When it was started, in milliseconds since the epoch. */
  readonly startedAt: number = Date.now();
  readonly #message: TaskMessage;
  readonly #child: ChildProcess;
  readonly #output: JobOutput | undefined;
  readonly #timers = new Timers();
  readonly #limit: TimeLimit | undefined;
  readonly #memoryKills = outOfMemoryKills();
  readonly #exited: Promise<ExitFacts>;
  #timedOut = false;
  #ending = false;

  /** Starts it, and its time. `runner`: full path of `runner.cjs`. */
  constructor(runner: string, message: TaskMessage) {
    this.#message = message;
    // A process group of its own: signals reach the task with all that it has started.
    this.#child = spawn(process.execPath, [...nodeFlags(message), runner], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...taskEnvironment(process.env, message) },
    });
    const { pid, stdout, stderr, stdio } = this.#child;
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ error }));
      this.#child.once('exit', (code, signal) =>
        resolve(code === null ? { signal: signal ?? 'unknown' } : { code }),
      );
    });
    if (pid === undefined || stdout === null || stderr === null) return;
    mayBeKilledFirst(pid);
    const marked = { mark: message.chunk?.mark ?? '', memberBegan: () => this.#memberBegan() };
    const output = new JobOutput(stdout, stderr, message.chunk === undefined ? undefined : marked);
    this.#output = output;
    const channel = stdio[taskMessageDescriptor] as Writable;
    // It may die before it has read.
    channel.on('error', () => undefined);
    channel.end(`${JSON.stringify(message)}\n`);
    const { timeoutSeconds } = message.spec;
    if (timeoutSeconds === undefined) return;
    this.#limit = new TimeLimit(timeoutSeconds * 1000, {
      timers: this.#timers,
      ...(message.chunk === undefined ? {} : { catchUp: async () => output.catchUp() }),
      reached: () => {
        this.#timedOut = true;
        this.end(timeoutGraceSeconds);
      },
    });
  }

  /** What it prints. For one reader. */
  async *printed(): AsyncGenerator<LogChunk, void, undefined> {
    if (this.#output !== undefined) yield* this.#output.chunks();
  }

  /** Ends it: TERM to the whole group, KILL after the grace. */
  end(graceSeconds: number): void {
    this.#ending = true;
    this.#signal('SIGTERM');
    this.#timers.after(graceSeconds * 1000, () => this.#signal('SIGKILL'));
  }

  /** Resolves when it has ended and its output is read. */
  async ended(): Promise<JobEnd> {
    const facts = await this.#exited;
    const endedAt = Date.now();
    this.#limit?.stop();
    this.#timers.clear();
    await this.#output?.processEnded(lingerMs);
    return endOfJob(facts, {
      startedAt: this.startedAt,
      endedAt,
      timeoutSeconds: this.#timedOut ? this.#message.spec.timeoutSeconds : undefined,
      heapExhausted: this.#output?.heapExhausted === true,
      killedForMemory: !this.#ending && outOfMemoryKills() > this.#memoryKills,
      member: this.#message.chunk === undefined ? undefined : this.#output?.member,
    });
  }

  #memberBegan(): void {
    this.#limit?.restart();
    // It was asked to end, and has ended one member instead: nothing more may begin.
    if (this.#ending) this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has ended in this moment, or what is left of it has changed its user.
    }
  }
}

function mayBeKilledFirst(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, killFirst);
  } catch {
    // Not on Linux; or it has ended already.
  }
}
