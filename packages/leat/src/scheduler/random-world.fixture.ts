/**
 * A world around the pure core: it answers commands in random order, with late and doubled events between, until nothing is
 * open. What a chunk's process does comes in pieces, so that other things happen between its members.
 */
import fc from 'fast-check';
import type { EventFailure, RunEvent, RunLimits } from '../metadata/events.ts';
import { reusedItems } from '../metadata/reused-items.ts';
import { packKey } from '../datastore/keys.ts';
import { toldFailure } from './attempt-events.ts';
import { addressInGroup } from './chunk-spec-of.ts';
import type { Command } from './commands.ts';
import { createState } from './create-state.ts';
import { inFlightOf } from './in-flight.ts';
import { eachPlace } from './place-ranges.ts';
import { hasRoom } from './places.ts';
import { decide, type Draw, manifestOfAttempt, type RandomFlow } from './random-flow.fixture.ts';
import { laneOf, readyCount } from './ready-queue.ts';
import { jitter } from './retry.ts';
import { sourcesIn } from './sources.fixture.ts';
import type { Chunk, SchedulerState, StateFacts } from './state.ts';
import { nodeOf } from './step-table.ts';
import { summary } from './summary.ts';
import { taskPiecesOf } from './task-spec-of.ts';
import { isTimely } from './timely.ts';
import { transition } from './transition.ts';

/** A flow, how its attempts go, and in which order the world answers, all from one list of numbers. */
export const scenario: fc.Arbitrary<{ readonly draw: Draw; readonly seed: string }> = fc
  .array(fc.nat(), { minLength: 40, maxLength: 40 })
  .map((numbers) => ({ draw: drawFrom(numbers), seed: numbers.join(',') }));

function drawFrom(numbers: readonly number[]): Draw {
  let at = 0;
  return (bound) => {
    at += 1;
    return Math.floor(jitter(`${numbers[at % numbers.length]}/${at}`) * bound);
  };
}

/** What an attempt comes to: nothing, or a failure. A reason other than `error` is the end of its process, too. */
export type Fails = (task: string, attempt: number) => EventFailure | undefined;

export interface World {
  readonly flow: RandomFlow;
  readonly state: SchedulerState;
  readonly log: RunEvent[];
  readonly limits: RunLimits;
  readonly draw: Draw;
  readonly fails: Fails;
  /** Commands that wait for an answer. */
  readonly open: Command[];
  /** Chunks whose processes go on. */
  readonly working: Iterator<RunEvent, undefined>[];
  readonly sources: Map<string, readonly string[]>;
  /** Manifests by task, as decided. */
  readonly decided: Map<string, string>;
  readonly submits: { readonly task: string; readonly attempt: number }[];
  /** Attempts that are to end, `work[3]@1`. */
  readonly cancelled: Set<string>;
  readonly chunks: Extract<Command, { type: 'submit-chunk' }>[];
  now: number;
  end: string | undefined;
}

export function makeWorld(
  flow: RandomFlow,
  draw: Draw,
  more: Partial<Pick<World, 'limits' | 'fails'>> & Pick<StateFacts, 'origin'> = {},
): World {
  return {
    flow,
    state: createState({
      run: '1',
      plan: flow.plan,
      ...(more.origin === undefined ? {} : { origin: more.origin }),
    }),
    log: [],
    limits: more.limits ?? { windows: {}, failFast: false },
    draw,
    fails: more.fails ?? (() => undefined),
    open: [],
    working: [],
    sources: new Map(),
    decided: new Map(),
    submits: [],
    cancelled: new Set(),
    chunks: [],
    now: 1_000_000,
    end: undefined,
  };
}

/** Tells the state what happened, as an engine does: what changes nothing is not in the log. */
export function feed(world: World, event: RunEvent): void {
  const { state } = world;
  const timely = isTimely(state, event);
  const before = timely ? undefined : JSON.stringify(summary(state));
  if (timely) world.log.push(event);
  const commands = transition(state, event);
  if (!timely && (commands.length > 0 || JSON.stringify(summary(state)) !== before))
    throw new Error(`'${event.type}' came late and changed something`);
  for (const command of commands) {
    if (command.type === 'end') world.end = command.status;
    else if (command.type !== 'cancel') world.open.push(command);
    if (command.type === 'submit') submitted(world, command.task, command.attempt);
    if (command.type === 'submit-chunk') {
      world.chunks.push(command);
      for (const place of eachPlace(command.places))
        submitted(world, addressInGroup(command.group, place), command.attempt);
    }
  }
  // A new engine is told again what the one before was told.
  if (event.type !== 'engine-started') expectOrder(state, commands);
}

function submitted(world: World, task: string, attempt: number): void {
  world.submits.push({ task, attempt });
  const sources = sourcesIn(taskPiecesOf(world.state, task));
  world.sources.set(
    task,
    sources.map((source) => source.task),
  );
  for (const source of sources) {
    const decided = world.decided.get(source.task);
    if (decided !== undefined && decided !== source.manifest)
      throw new Error(`${task} was told ${source.manifest} for ${decided}`);
  }
}

/** What is started is finished before more is started: nothing that could have started lies deeper than what did. */
function expectOrder(state: SchedulerState, commands: readonly Command[]): void {
  const depthOf = (step: number): number => nodeOf(state.table, step).graph.splits.length;
  const started = commands.flatMap((command) => {
    if (command.type === 'submit') return state.active.get(command.task)!.step;
    return command.type === 'submit-chunk' ? state.table.ids.get(command.group.step)! : [];
  });
  if (started.length === 0) return;
  const shallowest = Math.min(...started.map(depthOf));
  for (const { id, name } of state.table.steps) {
    if (readyCount(laneOf(state.ready, id), 1) === 0 || !hasRoom(state, id)) continue;
    if (depthOf(id) > shallowest) throw new Error(`'${name}' had to wait for a step outside of its split`);
    const places = state.limits.maxWorkers ?? Infinity;
    if (state.inFlight < places) throw new Error(`'${name}' waits, and there is a place for it`);
  }
}

export const begin = (world: World): void => {
  feed(world, { type: 'engine-started', at: world.now, epoch: 1, host: 'h', pid: 1, limits: world.limits });
};

export function play(world: World, check: (world: World) => void = () => {}): void {
  const history: RunEvent[] = [];
  for (let turns = 0; world.open.length + world.working.length > 0; turns += 1) {
    if (turns > 20_000) throw new Error('it does not end');
    for (const happened of next(world)) {
      const event =
        happened.type === 'attempt-failed' ? toldFailure(world.state, happened, world.now) : happened;
      note(world, event);
      feed(world, event);
      history.push(event);
      // Nothing is told in order, and much is told twice.
      if (world.draw(4) === 0) feed(world, history[world.draw(history.length)]!);
      check(world);
    }
  }
}

function note({ decided }: World, event: RunEvent): void {
  // Of two copies the first to succeed decides.
  if (event.type === 'attempt-succeeded' && !decided.has(event.task)) decided.set(event.task, event.manifest);
  if (event.type === 'task-caught' || event.type === 'task-reused') decided.set(event.task, event.manifest);
  if (event.type === 'tasks-reused')
    for (const { task, manifest } of reusedItems(event)) decided.set(task, manifest);
}

/** Brings a world to where another one's log ends. */
export function follow(world: World, log: readonly RunEvent[], now: number): void {
  for (const event of log) {
    note(world, event);
    transition(world.state, event);
  }
  world.now = now;
  adopt(world);
}

function next(world: World): readonly RunEvent[] {
  const at = world.draw(world.open.length + world.working.length);
  if (at < world.open.length) return answer(world, world.open.splice(at, 1)[0]!);
  const [working] = world.working.splice(at - world.open.length, 1);
  const { value, done } = working!.next();
  if (done === true) return [];
  world.working.push(working!);
  return [value];
}

function answer(world: World, command: Command): readonly RunEvent[] {
  const at = (world.now += world.draw(1000));
  const { plan } = world.flow;
  switch (command.type) {
    case 'submit': {
      const { task, attempt, layer } = command;
      world.working.push(attemptOf(world, task, attempt));
      return [{ type: 'attempt-submitted', at, task, attempt, layer, token: `${task}@${attempt}` }];
    }
    case 'submit-chunk': {
      const { type: _, number, ...chunk } = command;
      const token = `chunk${number}`;
      world.working.push(workOf(world, token, command));
      const pack = packKey(plan.flow, '1', command.group.step, token);
      return [{ type: 'chunk-submitted', at, ...chunk, token, pack }];
    }
    case 'wake':
      world.now = Math.max(world.now, command.at);
      return [{ type: 'retry-due', at: world.now, task: command.task, attempt: command.attempt }];
    case 'watch':
      world.now = Math.max(world.now, command.at);
      return [{ type: 'straggler-due', at: world.now, task: command.task, attempt: command.attempt }];
    case 'cancel-attempt':
      world.cancelled.add(`${command.task}@${command.attempt}`);
      return [];
    case 'catch': {
      const { task, attempt, outcome, failure } = command;
      const manifest = manifestOfAttempt(plan, '1', task, attempt + 1);
      return [{ type: 'task-caught', at, task, attempt, manifest, outcome, failure }];
    }
    case 'reuse': {
      const { type: _, ...reused } = command;
      return [{ ...reused, type: 'task-reused', at }];
    }
    case 'reuse-items': {
      const { type: _, ...reused } = command;
      return [{ ...reused, type: 'tasks-reused', at }];
    }
    default:
      throw new Error(command.type);
  }
}

/** What becomes of an attempt that runs alone. One that is cancelled may have succeeded before it hears of it. */
function* attemptOf(world: World, task: string, attempt: number): Generator<RunEvent, undefined> {
  if (world.draw(2) === 0) yield { type: 'attempt-accepted', at: world.now, task, attempt, job: 'j' };
  const startedAt = world.now;
  if (world.draw(3) > 0) yield { type: 'attempt-state', at: startedAt, task, attempt, state: 'running' };
  world.now += world.draw(1000);
  const isCancelled = world.cancelled.has(`${task}@${attempt}`) && world.draw(2) === 0;
  const failure = isCancelled ? failing('cancelled') : world.fails(task, attempt);
  const manifest = manifestOfAttempt(world.flow.plan, '1', task, attempt);
  if (failure === undefined) yield { ...succeeding(world, { task, attempt }, manifest), startedAt };
  else yield { type: 'attempt-failed', at: world.now, task, attempt, failure };
  return undefined;
}

const succeeding = (
  world: World,
  { task, attempt }: { readonly task: string; readonly attempt: number },
  manifest: string,
) =>
  ({
    type: 'attempt-succeeded',
    at: world.now,
    task,
    attempt,
    startedAt: world.now,
    manifest,
    outcome: decide(world.flow.plan, task),
  }) as const;

type Work = Pick<Chunk, 'group' | 'places' | 'attempt'>;

/** What a chunk's process and its settler tell, member by member; results are told in heaps of any size. */
function* workOf(
  world: World,
  token: string,
  { group, places, attempt }: Work,
): Generator<RunEvent, undefined> {
  const pack = packKey(world.flow.plan.flow, '1', group.step, token);
  if (world.draw(2) === 0) yield { type: 'chunk-accepted', at: world.now, token, job: 'j' };
  if (world.draw(2) === 0) yield { type: 'chunk-started', at: world.now, token };
  let heap: number[] = [];
  let outcome: 'linear' | 'branch' | 'end' = 'linear';
  const told = function* (): Generator<RunEvent> {
    if (heap.length === 0) return;
    const columns = {
      places: heap,
      offsets: heap.map((place) => place * 100),
      lengths: heap.map(() => 90),
      startedAt: heap.map(() => world.now),
      endedAt: heap.map(() => (world.now += world.draw(50))),
    };
    for (const place of heap) world.decided.set(addressInGroup(group, place), `${pack}#${place * 100}+90`);
    heap = [];
    yield { type: 'chunk-succeeded', at: world.now, token, outcome: { kind: outcome }, ...columns };
  };
  const open = [...eachPlace(places)];
  for (let place = open.shift(); place !== undefined; place = open.shift()) {
    const task = addressInGroup(group, place);
    const failure = world.fails(task, attempt);
    const { kind } = decide(world.flow.plan, task);
    if (failure !== undefined) {
      yield* told();
      yield { type: 'attempt-failed', at: world.now, task, attempt, failure };
      if (failure.reason !== 'error') break;
    } else if (kind === 'switch' || kind === 'foreach') {
      yield succeeding(world, { task, attempt }, `${pack}#${place * 100}+90`);
    } else {
      outcome = kind;
      heap.push(place);
      if (world.draw(3) === 0) yield* told();
    }
  }
  yield* told();
  yield { type: 'chunk-ended', at: world.now, token, returned: open };
  return undefined;
}

/** Takes up what an engine before has handed over. */
function adopt(world: World): void {
  const { state } = world;
  for (const { task, attempt } of inFlightOf(state).attempts)
    world.working.push(attemptOf(world, task, attempt));
  for (const [token, { group, attempt, open }] of state.chunks) {
    const places = [...open.keys()].flatMap((place) => [place, place + 1]);
    world.working.push(workOf(world, token, { group, places, attempt }));
  }
}

export const failing = (reason: string): EventFailure => ({ reason, type: reason, message: 'because' });

export const succeeded = (world: World): number =>
  summary(world.state).steps.reduce((sum, step) => sum + step.succeeded, 0);

export function finish(world: World): void {
  if (world.end !== undefined)
    feed(world, { type: 'run-ended', at: world.now, status: world.end as 'failed' });
}
