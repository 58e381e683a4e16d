/**
 * A run from the command line: signals in, progress and the final word out, exit code back.
 */
import type { RunEvent } from '../../client/index.ts';
import type { AnnouncedRun, RunHandle, RunResult } from '../../run/index.ts';
import type { RunObserver, TaskLine } from '../../scheduler/observer.ts';
import type { RunSummary } from '../../scheduler/summary.ts';
import type { LongWait } from '../../scheduler/jobs/wait-watch.ts';
import { exitCodes, isLeatError } from '../../errors/index.ts';
import { runEndText } from '../output/run-end.ts';
import type { Terminal } from '../output/terminal.ts';
import { JsonReporter } from './json-reporter.ts';
import { LastLines } from './last-lines.ts';
import { RunReporter } from './run-reporter.ts';

/** Shows a run: made before the run is, since there is something to say before. */
export interface Reporter extends RunObserver {
  readonly terminal: Terminal;
  /** A remark for people. */
  say(text: string): void;
  /** The run exists; nothing of it has happened yet, but for what an engine before has done. */
  started(run: AnnouncedRun, recovered?: boolean): void;
  /** The final word. */
  ended(result: RunResult): void;
  /** Shows nothing more by itself. */
  close(): void;
}

class PeopleReporter implements Reporter {
  readonly terminal: Terminal;
  readonly #lastLines = new LastLines();
  #view: RunReporter | undefined;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  say(text: string): void {
    if (this.#view === undefined) this.terminal.err.write(`${text}\n`);
    else this.#view.say(text);
  }

  started({ address, warnings }: AnnouncedRun, recovered = false): void {
    this.#view = new RunReporter(this.terminal, address);
    this.say(`${this.terminal.err.style('bold', address)} ${recovered ? 'goes on' : 'started'}`);
    for (const { message, hint } of warnings)
      this.warning(hint === undefined ? message : `${message}\n  ${hint}`);
  }

  applied(events: readonly RunEvent[], summary: RunSummary): void {
    this.#lastLines.forget(events);
    this.#view?.applied(events, summary);
  }

  line(line: TaskLine): void {
    this.#lastLines.add(line);
    this.#view?.line(line);
  }

  warning(message: string): void {
    this.#view?.warning(message);
  }

  note(message: string): void {
    this.say(this.terminal.err.style('dim', message));
  }

  waits(wait: LongWait): void {
    this.#view?.waits(wait);
  }

  ended(result: RunResult): void {
    this.close();
    this.terminal.err.write(runEndText(result, (task) => this.#lastLines.of(task), this.terminal.err));
  }

  close(): void {
    this.#view?.close();
  }
}

class MachineReporter extends JsonReporter implements Reporter {
  readonly terminal: Terminal;

  constructor(terminal: Terminal) {
    super(terminal.out);
    this.terminal = terminal;
  }

  say(message: string): void {
    this.note(message);
  }

  started({ address, run, warnings }: AnnouncedRun, recovered = false): void {
    const started = { type: 'run-started', run: address, flow: run.flow, id: run.id };
    this.write(recovered ? { ...started, recovered } : started);
    for (const { message } of warnings) this.warning(message);
  }

  ended({ run, status, failures, costs }: RunResult): void {
    const result = { type: 'run-result', run: `${run.flow}/${run.id}`, status, failures };
    this.write(costs === undefined ? result : { ...result, costs });
  }

  close(): void {} // each line was written when there was something to say
}

export const makeReporter = (terminal: Terminal, json: boolean): Reporter =>
  json ? new MachineReporter(terminal) : new PeopleReporter(terminal);

const signalExits = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.terminated,
} as const;
type EndingSignal = keyof typeof signalExits;
const signalNames = Object.keys(signalExits) as EndingSignal[];

/**
 * The first signal ends the run gently, the second at once; with `detach` the first leaves the run to itself, where that can be. One that
 * comes before the run's handle does is kept for it.
 */
class EndingSignals {
  first: EndingSignal | undefined;
  readonly #detach: boolean;
  #count = 0;
  #handle: RunHandle | undefined;

  readonly #hear = (signal: EndingSignal): void => {
    this.first ??= signal;
    this.#count += 1;
    this.#end();
  };

  constructor(detach: boolean) {
    this.#detach = detach;
  }

  listen(): void {
    for (const signal of signalNames) process.on(signal, this.#hear);
  }

  endWith(handle: RunHandle): void {
    this.#handle = handle;
    this.#end();
  }

  #end(): void {
    if (this.first === undefined || this.#handle === undefined) return;
    if (this.#detach && this.#count === 1 && this.#handle.outliving.length > 0) this.#handle.detach();
    else this.#handle.cancel(this.first, this.#count > 1);
  }

  stop(): void {
    for (const signal of signalNames) process.off(signal, this.#hear);
  }
}

export interface FollowedRun {
  readonly reporter: Reporter;
  /**
   * Starts the run, and has the reporter told when it exists. Calls `exists` first: a signal ends the process before that, and
   * the run from then on.
   */
  readonly start: (exists: () => void) => Promise<RunHandle>;
  /** A signal leaves jobs alone that can go on without an engine. */
  readonly detach?: boolean | undefined;
}

/** Starts a run and stays with it to its end. Returns the exit code: 0, 1 when it failed, 130 or 143 when a signal ended it. */
export async function followRun({ reporter, start, detach = false }: FollowedRun): Promise<number> {
  const signals = new EndingSignals(detach);
  try {
    const handle = await start(() => {
      signals.listen();
    });
    if (detach) reporter.say(detachText(handle));
    signals.endWith(handle);
    return await endOf(handle, reporter, signals);
  } finally {
    signals.stop();
    reporter.close();
  }
}

async function endOf(handle: RunHandle, reporter: Reporter, signals: EndingSignals): Promise<number> {
  try {
    const result = await handle.result;
    reporter.ended(result);
    if (result.status === 'succeeded') return exitCodes.ok;
    return (result.status === 'cancelled' || result.status === 'detached') && signals.first !== undefined
      ? signalExits[signals.first]
      : exitCodes.runFailed;
  } catch (error) {
    // The run has not ended: it stands where its log says. Where another engine drives it, nothing is to be done.
    if (!isLeatError(error) || error.code !== 'LEASE_LOST')
      reporter.say(
        `${handle.address} stopped; when the trouble is over, go on: leat recover ${handle.address}`,
      );
    throw error;
  }
}

const detachText = ({ outliving }: RunHandle): string =>
  outliving.length === 0
    ? '--detach: no step runs on a layer whose jobs go on without the engine, so a signal ends this run'
    : `--detach: a signal leaves the jobs on ${outliving.join(' and ')} running; those of other layers end`;
