/**
 * Somebody else's way to run many tasks on one machine. Each is used as its own documents show it, with as little in a task as it allows, and each is
 * a whole command, started anew.
 */
import type { Sample } from '../harness/measure.ts';

/** What a peer is asked for. */
export interface PeerRequest {
  readonly tasks: number;
  /** Tasks in flight. */
  readonly inFlight: number;
  /** The folder of the session. */
  readonly folder: string;
}

/** What it took. */
export interface PeerRun extends Sample {
  /** Seconds of the tasks alone, where the tool starts something first and its script says how long the rest took. */
  readonly inside?: number;
}

/** One file of this folder. */
export interface Peer {
  readonly name: string;
  /** What stands around a task: a process of its own, or workers that take one task after another. */
  readonly isolation: 'process' | 'reuse';
  /** What a task is. */
  readonly task: string;
  /** What is left when the command has ended. */
  readonly keeps: string;
  /**
   * Installs what is missing into `bench/.cache` and returns the version.
   * @throws Error saying what it lacks
   */
  readonly prepare: (say: (text: string) => void) => string;
  readonly run: (request: PeerRequest) => PeerRun;
}
