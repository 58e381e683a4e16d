import type { JobId } from '../../compute/compute-layer.ts';
import type { AttemptState, TaskGroup } from '../../metadata/events.ts';
import type { TaskPieces } from '../specs/task-spec-of.ts';

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
  /** When it was handed over, or taken up, by the steady clock. */
  acceptedAt: number | undefined;
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

/** What the attempts of a chunk are, and how far they have come. */
export interface ChunkWork {
  readonly group: TaskGroup;
  readonly attempt: number;
  /** Key of the pack that takes the results. */
  readonly pack: string;
  /** By member, in the order of work. */
  readonly places: readonly number[];
  /** By member: 1 once it is known what became of it. */
  readonly decided: Uint8Array;
  /** What the members need to run; gone when they are handed over. */
  pieces: readonly TaskPieces[] | undefined;
  /** How much of the pack was read, in bytes. */
  read: number;
  /** The process has said that it ends with a member and begins no other. */
  endedEarly: boolean;
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
  acceptedAt: undefined,
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
