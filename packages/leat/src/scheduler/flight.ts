import type { JobId } from '../compute/compute-layer.ts';
import type { AttemptState } from '../metadata/events.ts';
import type { ChunkWork } from './chunk-flight.ts';
import type { TaskPieces } from './task-spec-of.ts';

/** Work on its way through a layer as one job, from its command to its end. */
interface Travel {
  readonly token: string;
  /** `TrainFlow/417/train[3]@0`. */
  readonly name: string;
  readonly step: string;
  /** For each task. */
  readonly timeoutSeconds: number | undefined;
  job: JobId | undefined;
  /** An earlier engine has handed it over. */
  adopted: boolean;
  state: AttemptState | undefined;
  /** The engine has asked for its end. */
  cancelled: boolean;
  /** When the engine ended it for running past its timeout. */
  overdueSince: number | undefined;
}

/** One attempt. */
export interface AttemptFlight extends Travel {
  readonly kind: 'attempt';
  readonly task: string;
  readonly attempt: number;
  readonly pieces: TaskPieces;
}

/** The attempts of a chunk. */
export interface ChunkFlight extends Travel {
  readonly kind: 'chunk';
  readonly work: ChunkWork;
  /** That its layer says it works on. */
  member: number | undefined;
  /** When another of its members was last known to have ended, by the steady clock; 0: never. */
  progressedAt: number;
}

/** See {@link Travel}. */
export type Flight = AttemptFlight | ChunkFlight;

/** How every flight begins. */
export const grounded: Omit<Travel, 'token' | 'name' | 'step' | 'timeoutSeconds'> = {
  job: undefined,
  adopted: false,
  state: undefined,
  cancelled: false,
  overdueSince: undefined,
};

/** The flight of one attempt at its start. */
export function makeFlight(
  facts: Pick<AttemptFlight, 'task' | 'attempt' | 'token' | 'name' | 'pieces'>,
): AttemptFlight {
  const { step, timeoutSeconds } = facts.pieces.spec;
  return { kind: 'attempt', ...facts, step, timeoutSeconds, ...grounded };
}
