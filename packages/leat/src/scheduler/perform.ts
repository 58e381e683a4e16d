/**
 * Turns commands into calls: starts and ends go to the driver of their layer, waits become timers, stand-ins are committed here. What
 * comes of it goes to the loop as events.
 */
import { formatAttempt } from './flights/attempt-name.ts';
import { lostJob } from './settle/attempt-end.ts';
import { attemptToken } from './flights/attempt-token.ts';
import { withBackOff } from './back-off.ts';
import type { Command } from './commands.ts';
import { commitStandIn } from './settle/commit-stand-in.ts';
import { backOffFor, type EngineContext } from './engine-context.ts';
import { LeatError } from '../errors/index.ts';
import { FlightDeck } from './flights/flight-deck.ts';
import type { Flight } from './flights/flight.ts';
import type { InFlight } from './state/in-flight.ts';
import { LayerDriver } from './jobs/layer-driver.ts';
import type { RunLoopOptions } from './run-options.ts';
import { longestRetryWait } from './policy/retry.ts';
import { Semaphore } from './semaphore.ts';
import type { SchedulerState } from './state/state.ts';
import { upcoming } from './summary.ts';
import { taskPiecesOf } from './specs/task-spec-of.ts';

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;

/** Stand-ins that are committed at once. */
const catchAtOnce = 32;

/** A hint beyond this many attempts tells a layer nothing more. */
const upcomingLimit = 10_000;

const storePatience = { giveUpMs: 120_000 };

/** See the file's header. */
export class CommandPerformer {
  readonly flights: FlightDeck;
  readonly #state: SchedulerState;
  readonly #context: EngineContext;
  readonly #drivers = new Map<string, LayerDriver>();
  readonly #timers = new Set<() => void>();
  readonly #catching = new Semaphore(catchAtOnce);

  constructor({ state, layers }: Pick<RunLoopOptions, 'state' | 'layers'>, context: EngineContext) {
    this.#state = state;
    this.#context = context;
    this.flights = new FlightDeck(state, context);
    for (const name of state.table.layers) {
      const layer = layers.get(name);
      if (layer === undefined)
        throw new LeatError('LAYER_UNKNOWN', `the compute layer '${name}' of the plan was not opened`);
      this.#drivers.set(name, new LayerDriver(layer, context));
    }
    context.signal.addEventListener('abort', () => {
      for (const cancel of this.#timers) cancel();
    });
  }

  /** Performs commands whose events are logged, in order. */
  perform(commands: readonly Command[]): void {
    const submits = new Map<string, Flight[]>();
    const handOver = (): void => {
      for (const [layer, flights] of submits) this.#driver(layer).submit(flights);
      submits.clear();
    };
    for (const command of commands) {
      if (command.type === 'submit' || command.type === 'submit-chunk') {
        const flight = this.flights.take(command);
        const others = submits.get(command.layer);
        if (others === undefined) submits.set(command.layer, [flight]);
        else others.push(flight);
      } else if (command.type === 'cancel') {
        handOver();
        for (const driver of this.#drivers.values()) driver.cancel(command.force);
      } else if (command.type === 'cancel-attempt') {
        handOver();
        this.#driver(command.layer).cancelAttempt(command.task, command.attempt);
      } else this.#performNow(command);
    }
    handOver();
    for (const [layer, count] of upcoming(this.#state, upcomingLimit)) this.#driver(layer).expect(count);
  }

  /** Takes up what an earlier engine handed over: jobs that their layer still has go on, the others are lost. */
  async adopt(inFlight: InFlight): Promise<void> {
    const { run, plan } = this.#context;
    const flights = this.flights.adopted(inFlight);
    const byLayer = Map.groupBy(flights, ({ step }) => plan.steps[step]?.layer ?? '');
    for (const [name, group] of byLayer) {
      const driver = this.#driver(name);
      const what = `asking '${name}' for the jobs of an earlier engine`;
      const backOff = backOffFor(this.#context, what, storePatience);
      const found = await withBackOff(backOff, async () =>
        driver.layer.find(
          group.map(({ token }) => token),
          { flow: run.flow, run: run.id },
        ),
      );
      for (const flight of group) {
        const job = found.get(flight.token);
        if (job === undefined) driver.abandon(flight, lostJob(name, this.#context.clock.now()));
        else driver.adopt(flight, job);
        // Commanded again before there was anything to end.
        if (flight.kind === 'attempt' && this.#state.active.get(flight.task)?.phase === 'beaten')
          driver.cancelAttempt(flight.task, flight.attempt);
      }
    }
    if (this.#state.cancelling && this.#state.inFlight > 0) {
      for (const driver of this.#drivers.values()) driver.cancel(this.#state.forced);
    }
  }

  #performNow(
    command: Exclude<Command, { type: 'submit' | 'submit-chunk' | 'cancel' | 'cancel-attempt' }>,
  ): void {
    switch (command.type) {
      case 'wake':
        this.#wake(command);
        return;
      case 'watch':
        this.#watch(command);
        return;
      case 'reuse': {
        const { task, manifest, outcome, originRun } = command;
        this.#context.post({
          type: 'task-reused',
          at: this.#context.clock.now(),
          task,
          manifest,
          outcome,
          originRun,
        });
        return;
      }
      case 'reuse-items': {
        const { type: _, ...items } = command;
        // Thousands of items take their time: what layers have to say comes in between.
        setImmediate(() => {
          this.#context.post({ type: 'tasks-reused', at: this.#context.clock.now(), ...items });
        });
        return;
      }
      case 'catch':
        void this.#catching.run(async () => {
          await this.#catch(command).catch(this.#context.fail);
        });
        return;
      case 'end': // The loop's own.
    }
  }

  #wake({ task, attempt, at }: CommandOf<'wake'>): void {
    const { clock, post } = this.#context;
    const wait = Math.min(Math.max(0, at - clock.now()), this.#longestWait(task));
    const cancel = clock.after(wait, () => {
      this.#timers.delete(cancel);
      post({ type: 'retry-due', at: clock.now(), task, attempt });
    });
    this.#timers.add(cancel);
  }

  #watch({ task, attempt, at }: CommandOf<'watch'>): void {
    const { clock, post } = this.#context;
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#timers.delete(cancel);
      post({ type: 'straggler-due', at: clock.now(), task, attempt });
    });
    this.#timers.add(cancel);
  }

  async #catch({ task, attempt, outcome, failure }: CommandOf<'catch'>): Promise<void> {
    const { clock, datastore, run, plan } = this.#context;
    const pieces = taskPiecesOf(this.#state, task);
    const variable = plan.steps[pieces.spec.step]?.catchError?.var;
    if (variable === undefined)
      throw new LeatError('INTERNAL', `'${task}' is to be caught, and its step has no @catchError`);
    const at = clock.now();
    const token = attemptToken(run, formatAttempt(run, task, attempt + 1));
    const backOff = backOffFor(this.#context, `storing the failure of '${task}'`, storePatience);
    const manifest = await withBackOff(backOff, async () =>
      commitStandIn(datastore, { pieces, variable, failure, outcome, token, at }),
    );
    this.#context.post({ type: 'task-caught', at, task, attempt, manifest, outcome, failure });
  }

  /** The time of a try was set by the clock of an earlier engine, which may have been wrong: no wait is longer than the policy's. */
  #longestWait(task: string): number {
    const { spec } = taskPiecesOf(this.#state, task);
    return longestRetryWait(this.#state.plan.steps[spec.step]?.retry);
  }

  #driver(layer: string): LayerDriver {
    const driver = this.#drivers.get(layer);
    if (driver === undefined) throw new LeatError('INTERNAL', `the plan has no layer '${layer}'`);
    return driver;
  }
}
