import { formatAttempt } from './attempt-name.ts';
import { lostJob } from './attempt-end.ts';
import { attemptToken } from './attempt-token.ts';
import { withBackOff } from './back-off.ts';
import type { Command } from './commands.ts';
import { commitStandIn } from './commit-stand-in.ts';
import { backOffFor, type EngineContext } from './engine-context.ts';
import { LeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import { type Flight, makeFlight } from './flight.ts';
import { LayerDriver } from './layer-driver.ts';
import type { RunLoopOptions } from './run-options.ts';
import { Semaphore } from './semaphore.ts';
import type { SchedulerState, Task } from './state.ts';
import { upcoming } from './summary.ts';
import { taskPiecesOf } from './task-spec-of.ts';

type CommandOf<T extends Command['type']> = Extract<Command, { type: T }>;

/** Stand-ins that are committed at once. */
const catchAtOnce = 32;

/** A hint beyond this many attempts tells a layer nothing more. */
const upcomingLimit = 10_000;

const storePatience = { giveUpMs: 120_000 };

/** Turns commands into calls; what comes of them goes to the loop as events. */
export class CommandPerformer {
  readonly #state: SchedulerState;
  readonly #context: EngineContext;
  readonly #drivers = new Map<string, LayerDriver>();
  /** Commanded, and not handed to a driver yet; by name. */
  readonly #flights = new Map<string, Flight>();
  readonly #timers = new Set<() => void>();
  readonly #catching = new Semaphore(catchAtOnce);

  constructor({ state, layers }: Pick<RunLoopOptions, 'state' | 'layers'>, context: EngineContext) {
    this.#state = state;
    this.#context = context;
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

  /** The event that says, before its layer is told, that an attempt is on its way. */
  submittedEvent({ task, attempt, layer }: CommandOf<'submit'>): RunEvent {
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

  /** Performs commands whose events are logged, in order. */
  perform(commands: readonly Command[]): void {
    const submits = new Map<string, Flight[]>();
    const handOver = (): void => {
      for (const [layer, flights] of submits) this.#driver(layer).submit(flights);
      submits.clear();
    };
    for (const command of commands) {
      if (command.type === 'submit') {
        const flight = this.#takeFlight(command);
        const others = submits.get(command.layer);
        if (others === undefined) submits.set(command.layer, [flight]);
        else others.push(flight);
      } else if (command.type === 'cancel') {
        handOver();
        for (const driver of this.#drivers.values()) driver.cancel(command.force);
      } else this.#performNow(command);
    }
    handOver();
    for (const [layer, count] of upcoming(this.#state, upcomingLimit)) this.#driver(layer).expect(count);
  }

  /** Takes up attempts that an earlier engine handed over: those that their layer still has go on, the others are lost. */
  async adopt(tasks: readonly Task[]): Promise<void> {
    const byLayer = Map.groupBy(tasks, (task) => this.#state.plan.steps[this.#stepOf(task)]?.layer ?? '');
    for (const [name, group] of byLayer) {
      const driver = this.#driver(name);
      const flights = group.map((task) => this.#makeFlight(task.address, task.attempt));
      const backOff = backOffFor(
        this.#context,
        `asking '${name}' for the jobs of an earlier engine`,
        storePatience,
      );
      const found = await withBackOff(backOff, async () =>
        driver.layer.find(flights.map(({ token }) => token)),
      );
      for (const flight of flights) {
        const job = found.get(flight.token);
        if (job === undefined) driver.abandon(flight, lostJob(name, this.#context.clock.now()));
        else driver.adopt(flight, job);
      }
    }
    if (this.#state.ending !== undefined && this.#state.inFlight > 0) {
      for (const driver of this.#drivers.values()) driver.cancel(this.#state.forced);
    }
  }

  #performNow(command: Exclude<Command, { type: 'submit' | 'cancel' }>): void {
    switch (command.type) {
      case 'wake':
        this.#wake(command);
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
    const cancel = clock.after(Math.max(0, at - clock.now()), () => {
      this.#timers.delete(cancel);
      post({ type: 'retry-due', at: clock.now(), task, attempt });
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

  #makeFlight(task: string, attempt: number): Flight {
    const { run } = this.#context;
    const name = formatAttempt(run, task, attempt);
    return makeFlight({
      task,
      attempt,
      name,
      token: attemptToken(run, name),
      pieces: taskPiecesOf(this.#state, task),
    });
  }

  #takeFlight({ task, attempt }: CommandOf<'submit'>): Flight {
    const name = formatAttempt(this.#context.run, task, attempt);
    const flight = this.#flights.get(name) ?? this.#makeFlight(task, attempt);
    this.#flights.delete(name);
    return flight;
  }

  #stepOf(task: Task): string {
    return this.#state.table.steps[task.step]?.name ?? '';
  }

  #driver(layer: string): LayerDriver {
    return this.#drivers.get(layer) as LayerDriver;
  }
}
