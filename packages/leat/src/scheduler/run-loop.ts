/**
 * Performs what the scheduler commands and tells it what came of it. One turn: take the events that have come in, apply
 * them, log them and the submits that follow in one transaction, then act. Nothing is done that was not logged before, and
 * nothing is logged that changes nothing, so whoever reads the log knows all that this engine knew. Holds the run's lease
 * and stops dead when it is lost. Must not decide anything about tasks: `transition.ts` does.
 * next: `compute/local/local-layer.ts`
 */
import { isLeatError, LeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import { toldFailure } from './policy/attempt-events.ts';
import type { Command } from './commands.ts';
import { backOffFor, type EngineContext } from './engine-context.ts';
import { EventLog } from './lease/event-log.ts';
import { emptyFifo, type Fifo, push, shift, size } from './state/fifo.ts';
import { keepLease, type KeptLease } from './lease/lease-keeper.ts';
import { inFlightOf } from './state/in-flight.ts';
import { observeAll, type RunObserver } from './observer.ts';
import { CommandPerformer } from './perform.ts';
import { schedulingPolicy } from './policy/scheduling-policy.ts';
import type { RunEnd, RunLoopOptions } from './run-options.ts';
import { makeContext } from './run-options.ts';
import type { SchedulerState } from './state/state.ts';
import { summary } from './summary.ts';
import { isTimely } from './policy/timely.ts';
import { transition } from './transition.ts';

/** Events of one transaction, at most; more wait for the next turn. */
const eventsATurn = 1000;

/** Output that is still to be read when the run has ended is waited for this long. In milliseconds. */
const drainMs = 10_000;

/** A run that goes on. */
export interface RunHandle {
  /**
   * Resolves when the run has ended, however it ended.
   * @throws LeatError when the engine cannot go on: LEASE_LOST, LAYER_FAILED, STORE_UNAVAILABLE, METADATA_UNAVAILABLE, INTERNAL. The
   * run stays as the log says, and `leat recover` can take it up.
   */
  readonly done: Promise<RunEnd>;
  /** Ends the run: gently, or by force. A second, forced call may follow a gentle one. */
  cancel(by: string, force: boolean): void;
  /** Leaves the run as it is and gives its lease back, so that another engine can go on with it. Ends no job. */
  detach(): void;
}

/**
 * Drives a run to its end, from wherever its state stands: a new one, a resumed one, or one that another engine has left.
 *
 * @example const { done } = startRun({ state: createState({ run: run.id, plan }), run, lease, … });
 */
export function startRun(options: RunLoopOptions): RunHandle {
  const loop = new RunLoop(options);
  return {
    done: loop.drive(),
    cancel: (by, force) => {
      loop.cancel(by, force);
    },
    detach: () => {
      loop.detach();
    },
  };
}

class RunLoop {
  readonly #options: RunLoopOptions;
  readonly #log: EventLog;
  readonly #observer: Required<RunObserver>;
  readonly #context: EngineContext;
  readonly #performer: CommandPerformer;
  readonly #stopped = new AbortController();
  readonly #inbox: Fifo<RunEvent> = emptyFifo();
  /** Set when something stopped the loop that is no end of the run. */
  #fault: { readonly error: unknown } | undefined;
  #lease: KeptLease | undefined;
  #detached = false;
  #wake = (): void => {};

  constructor(options: RunLoopOptions) {
    this.#options = options;
    this.#log = new EventLog(options.metadata, options.lease);
    this.#observer = observeAll(options.observers ?? []);
    this.#context = makeContext(options, {
      signal: this.#stopped.signal,
      observer: this.#observer,
      post: (event) => {
        this.#post(event);
      },
      fail: (error) => {
        this.#fail(error);
      },
      holdsLease: () => this.#lease?.holds() ?? false,
      requireLease: () => this.#lease?.require(),
    });
    this.#performer = new CommandPerformer(options, this.#context);
  }

  cancel(by: string, force: boolean): void {
    this.#post({ type: 'cancel-requested', at: this.#context.clock.now(), by, force });
  }

  detach(): void {
    this.#detached = true;
    this.#wake();
  }

  async drive(): Promise<RunEnd> {
    const { state, metadata, lease, leaseMs, leaseSince: since } = this.#options;
    const { clock } = this.#context;
    const lost = (error: unknown): void => {
      this.#fail(error);
    };
    this.#lease = keepLease({ metadata, lease, leaseMs, since, clock, lost });
    try {
      await this.#begin();
      while (state.ended === undefined && !this.#detached) {
        await this.#news();
        await this.#turn();
      }
      // What was told in the last turn may be that a job has been taken: it is logged before the engine leaves.
      return { status: state.ended ?? 'detached', summary: summary(state) };
    } catch (error) {
      throw this.#fault?.error ?? error;
    } finally {
      this.#lease.drop();
      this.#stopped.abort();
      await this.#giveBack();
    }
  }

  /** Whoever recovers the run need not wait for the lease to expire. One that is lost is not ours to give. */
  async #giveBack(): Promise<void> {
    const { metadata, lease, run, leaseMs } = this.#options;
    if (isLeatError(this.#fault?.error) && this.#fault.error.code === 'LEASE_LOST') return;
    try {
      await metadata.releaseLease(lease);
    } catch (error) {
      if (isLeatError(error) && error.code === 'LEASE_LOST') return;
      this.#observer.warning(
        `the lease of '${run.flow}/${run.id}' was not given back; it ends by itself within ${leaseMs / 1000} s`,
      );
    }
  }

  /** Says who drives the run now, and takes up what another engine has left in flight. */
  async #begin(): Promise<void> {
    const { state, lease, engine, limits } = this.#options;
    const recovering = state.started;
    const policy = schedulingPolicy;
    const at = this.#context.clock.now();
    this.#post({ type: 'engine-started', at, epoch: lease.epoch, ...engine, limits, policy });
    // Before the turn: what it starts is nobody's to take up.
    const inFlight = inFlightOf(state);
    await this.#turn();
    if (recovering) await this.#performer.adopt(inFlight);
  }

  /** Applies, logs, acts. */
  async #turn(): Promise<void> {
    const { state } = this.#options;
    const log: RunEvent[] = [];
    const commands: Command[] = [];
    while (size(this.#inbox) > 0 && log.length < eventsATurn) {
      const event = shift(this.#inbox);
      if (event !== undefined) this.#apply(event, log, commands);
    }
    this.#throwFault();
    if (log.length === 0) return;
    const backOff = backOffFor(this.#context, 'logging what happened', { giveUpMs: this.#options.leaseMs });
    await this.#log.append(log, backOff);
    this.#throwFault();
    this.#observer.applied(log, summary(state));
    this.#performer.perform(commands);
    if (state.endCommanded !== undefined && commands.some(({ type }) => type === 'end'))
      await this.#end(state.endCommanded);
  }

  #apply(event: RunEvent, log: RunEvent[], commands: Command[]): void {
    const { state } = this.#options;
    if (!isTimely(state, event)) return;
    const told =
      event.type === 'attempt-failed' ? toldFailure(state, event, this.#context.clock.now()) : event;
    log.push(told);
    for (const command of transition(state, told)) {
      commands.push(command);
      // Logged in the same transaction as its cause and before its layer is told, so that a crash in between is seen.
      if (command.type === 'submit' || command.type === 'submit-chunk') {
        const submitted = this.#performer.flights.submittedEvent(command);
        log.push(submitted);
        transition(state, submitted);
      }
    }
  }

  /** The last event: the tasks' output is in before, so that whoever sees the end can read all of it. */
  async #end(status: NonNullable<SchedulerState['endCommanded']>): Promise<void> {
    await this.#context.logs.drained(drainMs);
    this.#post({ type: 'run-ended', at: this.#context.clock.now(), status });
  }

  #post(event: RunEvent): void {
    push(this.#inbox, event);
    this.#wake();
  }

  #fail(error: unknown): void {
    this.#fault ??= { error };
    this.#stopped.abort();
    this.#wake();
  }

  #throwFault(): void {
    if (this.#fault !== undefined) throw asLeatError(this.#fault.error);
  }

  async #news(): Promise<void> {
    if (size(this.#inbox) > 0 || this.#fault !== undefined || this.#detached) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    // News come in company: that a job was accepted, started and is running are one transaction and not three.
    await new Promise(setImmediate);
  }
}

function asLeatError(error: unknown): Error {
  return error instanceof Error ? error : new LeatError('INTERNAL', 'the engine stopped', { cause: error });
}
