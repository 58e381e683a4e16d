import type { Chunk, SchedulerState } from './state.ts';

/** What was handed over and is not over yet. */
export interface InFlight {
  /** Attempts that run alone; of a task with two copies both. */
  readonly attempts: readonly { readonly task: string; readonly attempt: number }[];
  readonly chunks: readonly Chunk[];
}

/** What an engine has to take up that follows another one; a snapshot. */
export function inFlightOf(state: SchedulerState): InFlight {
  const attempts = [...state.active.values()].flatMap(({ address: task, attempt, phase, chunk, copy }) => {
    if (chunk !== undefined) return [];
    const numbers = [
      ...(phase === 'submitted' || phase === 'beaten' ? [attempt] : []),
      ...(copy?.submitted === true ? [copy.attempt] : []),
    ];
    return numbers.map((number) => ({ task, attempt: number }));
  });
  return { attempts, chunks: [...state.chunks.values()] };
}
