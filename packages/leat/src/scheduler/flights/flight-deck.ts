import type { RunEvent } from '../../metadata/events.ts';
import { packKey } from '../../datastore/keys.ts';
import { LeatError } from '../../errors/index.ts';
import type { StepPlan } from '../../plan/plan.ts';
import { formatAttempt, formatChunk } from './attempt-name.ts';
import { attemptToken } from './attempt-token.ts';
import { makeChunkFlight } from './chunk-flight.ts';
import { memberAddress } from '../../metadata/chunk-events.ts';
import { chunkOf, chunkPiecesOf } from '../specs/chunk-spec-of.ts';
import type { Command } from '../commands.ts';
import type { EngineContext } from '../engine-context.ts';
import { type AttemptFlight, type ChunkFlight, type Flight, makeFlight } from './flight.ts';
import type { InFlight } from '../state/in-flight.ts';
import { firstPlace } from '../state/place-ranges.ts';
import type { Chunk, SchedulerState } from '../state/state.ts';
import { taskPiecesOf } from '../specs/task-spec-of.ts';

type SubmitAttempt = Extract<Command, { type: 'submit' }>;
type SubmitChunk = Extract<Command, { type: 'submit-chunk' }>;

/** Commands to start attempts become flights here: with a name, a token, and all that their layer is to be told. */
export class FlightDeck {
  readonly #state: SchedulerState;
  readonly #context: EngineContext;
  /** Said to be on their way, and not taken yet; by name. */
  readonly #flights = new Map<string, Flight>();

  constructor(state: SchedulerState, context: EngineContext) {
    this.#state = state;
    this.#context = context;
  }

  /** The event that says, before its layer is told, that an attempt is on its way. */
  submittedEvent(command: SubmitAttempt | SubmitChunk): RunEvent {
    return command.type === 'submit' ? this.#attemptSubmitted(command) : this.#chunkSubmitted(command);
  }

  #attemptSubmitted({ task, attempt, layer }: SubmitAttempt): RunEvent {
    const flight = this.#makeFlight(task, attempt);
    this.#flights.set(flight.name, flight);
    return {
      type: 'attempt-submitted',
      at: this.#context.clock.now(),
      task,
      attempt,
      layer,
      token: flight.token,
    };
  }

  #chunkSubmitted(command: SubmitChunk): RunEvent {
    const { group, places, attempt, layer } = command;
    const flight = this.#makeChunkFlight(command);
    this.#flights.set(flight.name, flight);
    const { token, work } = flight;
    const at = this.#context.clock.now();
    return { type: 'chunk-submitted', at, group, places, attempt, layer, token, pack: work.pack };
  }

  /** The flight that a command is about. */
  take(command: SubmitAttempt | SubmitChunk): Flight {
    const isChunk = command.type === 'submit-chunk';
    const name = isChunk
      ? this.#chunkName(command)
      : formatAttempt(this.#context.run, command.task, command.attempt);
    const known = this.#flights.get(name);
    this.#flights.delete(name);
    if (known !== undefined) return known;
    return isChunk ? this.#makeChunkFlight(command) : this.#makeFlight(command.task, command.attempt);
  }

  /** What an earlier engine has handed over. */
  adopted({ attempts, chunks }: InFlight): readonly Flight[] {
    return [
      ...attempts.map(({ task, attempt }) => this.#makeFlight(task, attempt)),
      ...chunks.map((chunk) => this.#adoptedChunk(chunk)),
    ];
  }

  #makeFlight(task: string, attempt: number): AttemptFlight {
    const { run } = this.#context;
    const name = formatAttempt(run, task, attempt);
    return makeFlight({
      task,
      attempt,
      name,
      token: attemptToken(run, name),
      pieces: taskPiecesOf(this.#state, task, attempt),
    });
  }

  #makeChunkFlight(command: SubmitChunk): ChunkFlight {
    const { run } = this.#context;
    const { group, places, attempt } = command;
    const name = this.#chunkName(command);
    const token = attemptToken(run, name);
    const pack = packKey(run.flow, run.id, group.step, token);
    const { timeoutSeconds } = this.#stepPlan(group.step);
    const pieces = chunkPiecesOf(this.#state, chunkOf(this.#state, command));
    return makeChunkFlight({ group, places, attempt, name, token, pack, timeoutSeconds }, pieces);
  }

  /** What the log tells of it is all that is known of it: where its results are, and which of them are told. */
  #adoptedChunk(chunk: Chunk): ChunkFlight {
    const { group, places, attempt, token, pack, open } = chunk;
    const { timeoutSeconds } = this.#stepPlan(group.step);
    const name = this.#chunkName(chunk);
    if (token === undefined || pack === undefined)
      throw new LeatError('INTERNAL', `'${name}' is in flight, and was never handed over`);
    const flight = makeChunkFlight({ group, places, attempt, name, token, pack, timeoutSeconds });
    for (const [member, place] of flight.work.places.entries())
      if (!open.has(place)) flight.work.decided[member] = 1;
    return flight;
  }

  #chunkName({ group, places, attempt, number }: Omit<SubmitChunk, 'type' | 'layer'>): string {
    return formatChunk(this.#context.run, memberAddress(group, firstPlace(places)), { attempt, number });
  }

  #stepPlan(step: string): StepPlan {
    const plan = this.#context.plan.steps[step];
    if (plan === undefined) throw new LeatError('INTERNAL', `the plan has no step '${step}'`);
    return plan;
  }
}
