/** What a simulated layer is made of, and what may go wrong in it. */
import type { AttemptRequest, LayerCapabilities } from 'leat/compute';
import type { SimulatedTask } from './simulated-job.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** How often something goes wrong: probabilities of [0, 1], each 0 unless told. */
export interface SimulatedFaults {
  /** A call fails; a submit may have had its effect, in part or whole. */
  readonly failingCall: number;
  /** A submit has its effect, in part or whole, and never answers. */
  readonly unanswered: number;
  /** A job vanishes while it runs. Half of these go on unseen, and may commit. */
  readonly lost: number;
  /** The platform takes the machine away. */
  readonly interrupted: number;
  /** An attempt is started twice, at different times. */
  readonly doubled: number;
  /** It cannot be started now. */
  readonly startFailed: number;
  /** A poll tells a state that is past. */
  readonly stale: number;
  /** The layer never starts it. */
  readonly refused: number;
}

/** What a simulated layer is made of. */
export interface SimulatedLayerOptions {
  readonly clock: VirtualClock;
  readonly seed: number;
  /** What an attempt does. */
  readonly task: (request: AttemptRequest) => SimulatedTask;
  readonly name?: string;
  /** Tasks that run at once; the others are queued. Unbounded unless told. */
  readonly capacity?: number;
  /** How long a start takes, from and to, in milliseconds; 0 unless told. */
  readonly startMs?: readonly [number, number];
  /** Whether a poll waits for changes, as push platforms do; `true` unless told. */
  readonly longPoll?: boolean;
  readonly faults?: Partial<SimulatedFaults>;
  /** Told of attempts that are handed over although the layer has them and would find them: a platform without tokens would start them twice. */
  readonly sentAgain?: (request: AttemptRequest) => void;
  readonly capabilities?: Partial<LayerCapabilities>;
}

/** A layer where nothing goes wrong. */
export const noFaults: SimulatedFaults = {
  failingCall: 0,
  unanswered: 0,
  lost: 0,
  interrupted: 0,
  doubled: 0,
  startFailed: 0,
  stale: 0,
  refused: 0,
};
