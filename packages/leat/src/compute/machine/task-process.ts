import type { Readable } from 'node:stream';

/** How the process of a task ended; `error` when it never started. */
export interface ExitFacts {
  readonly code?: number;
  readonly signal?: string;
  readonly error?: Error;
  /** It can never be started: see `start-failed`. */
  readonly permanent?: boolean;
  /** Why nobody knows why it ended. */
  readonly lost?: string;
  /** Whether its control group, which holds nothing else, has run out of memory. Absent: it had none of its own. */
  readonly outOfMemory?: boolean;
}

/** What runs one task or one chunk on this machine: a process with all that it has started. */
export interface TaskProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How long after its end its streams may stay open before they are given up, in milliseconds. */
  readonly outputLingerMs: number;
  /** How it ended, once it has. */
  readonly exited: Promise<ExitFacts>;
  /** Signals it and all that it has started: at once, or as soon as it has started. One that is gone is no error. */
  readonly signal: (signal: NodeJS.Signals) => void;
}
