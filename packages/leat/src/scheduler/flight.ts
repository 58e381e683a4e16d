import type { JobId } from '../compute/compute-layer.ts';
import type { AttemptState } from '../metadata/events.ts';
import type { TaskPieces } from './task-spec-of.ts';

/** An attempt on its way through a layer, from its `submit` command to its end. */
export interface Flight {
  readonly task: string;
  readonly attempt: number;
  readonly token: string;
  /** `TrainFlow/417/train[3]@0`. */
  readonly name: string;
  readonly pieces: TaskPieces;
  job: JobId | undefined;
  /** An earlier engine has handed it over. */
  adopted: boolean;
  state: AttemptState | undefined;
  startedAt: number | undefined;
  /** The engine has asked for its end. */
  cancelled: boolean;
  /** When the engine ended it for running past its timeout. */
  overdueSince: number | undefined;
}

/** A flight at its start. */
export function makeFlight(facts: Pick<Flight, 'task' | 'attempt' | 'token' | 'name' | 'pieces'>): Flight {
  return {
    ...facts,
    job: undefined,
    adopted: false,
    state: undefined,
    startedAt: undefined,
    cancelled: false,
    overdueSince: undefined,
  };
}
