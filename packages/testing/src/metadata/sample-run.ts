/** A run of a made-up flow, and events of its tasks, from as little as a case cares about. */
import type { Lease, MetadataStore, NewRun, RunEvent, RunRecord, TaskGroup } from 'leat/metadata';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** How long leases of cases hold, in milliseconds: longer than any case takes. */
export const minute = 60_000;

export function newRun(over: Partial<NewRun> = {}): NewRun {
  return {
    flow: 'TrainFlow',
    namespace: 'user:ada',
    user: 'ada',
    tags: [],
    plan: { version: 1, steps: { start: { retry: 3 } } },
    parameters: { alpha: 0.1, names: ['Å', '世界'], none: null },
    parametersKey: 'runs/TrainFlow/parameters',
    package: 'abc',
    datastore: 'file:///store',
    createdAt: 1_000,
    ...over,
  };
}

/** Creates the run, which `engine-1` holds. */
export async function create(
  store: MetadataStore,
  over: Partial<NewRun> = {},
): Promise<{ run: RunRecord; lease: Lease }> {
  return store.createRun(newRun(over), 'engine-1', minute);
}

export function submitted(task: string, attempt = 0, at = 1): EventOf<'attempt-submitted'> {
  return { type: 'attempt-submitted', at, task, attempt, layer: 'local', token: `${task}@${attempt}` };
}

export function succeeded(task: string, attempt = 0, at = 9): EventOf<'attempt-succeeded'> {
  const manifest = `runs/TrainFlow/1/${task}@${attempt}.json`;
  return {
    type: 'attempt-succeeded',
    at,
    task,
    attempt,
    manifest,
    outcome: { kind: 'linear' },
    startedAt: 5,
  };
}

export function failed(task: string, at = 9, attempt = 0): EventOf<'attempt-failed'> {
  const failure = { reason: 'error', type: 'Error', message: `${task} broke` };
  return { type: 'attempt-failed', at, task, attempt, failure };
}

/** The group of the tasks `train[…]`. */
export const trainGroup: TaskGroup = { step: 'train', path: [], iteration: 0 };

/** A chunk of the tasks `train[from]` to `train[to]` (exclusive). */
export function chunkSubmitted(
  token: string,
  from: number,
  to: number,
  attempt = 0,
): EventOf<'chunk-submitted'> {
  const pack = `runs/TrainFlow/1/train/${token}.pack`;
  return {
    type: 'chunk-submitted',
    at: 1,
    group: trainGroup,
    places: [from, to],
    attempt,
    layer: 'local',
    token,
    pack,
  };
}

/** The results of `train[from]` to `train[to]` (exclusive) in the chunk's pack. */
export function chunkSucceeded(token: string, from: number, to: number): EventOf<'chunk-succeeded'> {
  const places = Array.from({ length: to - from }, (_, index) => from + index);
  return {
    type: 'chunk-succeeded',
    at: 99,
    token,
    outcome: { kind: 'linear' },
    places,
    offsets: places.map((place) => 40 + place * 400),
    lengths: places.map((place) => 300 + (place % 7)),
    startedAt: places.map((place) => 1_000 + place * 10),
    endedAt: places.map((place) => 1_008 + place * 10),
  };
}
