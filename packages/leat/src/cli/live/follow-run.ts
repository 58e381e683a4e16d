/**
 * A run from the command line: signals in, progress and the final word out, exit code back.
 */
import type { RunEvent } from '../../client/index.ts';
import type { RunHandle, RunResult } from '../../run/index.ts';
import type { RunObserver, TaskLine } from '../../scheduler/observer.ts';
import type { RunSummary } from '../../scheduler/summary.ts';
import { exitCodes } from '../../errors/index.ts';
import { runEndText } from '../output/run-end.ts';
import type { Terminal } from '../output/terminal.ts';
import { JsonReporter } from './json-reporter.ts';
import { RunReporter } from './run-reporter.ts';

/** Shows a run: made before the run is, since there is something to say before. */
export interface Reporter extends RunObserver {
  readonly terminal: Terminal;
  /** A remark for people. */
  say(text: string): void;
  started(handle: RunHandle): void;
  /** The final word. */
  ended(result: RunResult): Promise<void>;
}

class PeopleReporter implements Reporter {
  readonly terminal: Terminal;
  readonly #lastLines: LastLines = new LastLines();
  #view: RunReporter | undefined;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  say(text: string): void {
    if (this.#view === undefined) this.terminal.err.write(`${text}\n`);
    else this.#view.say(text);
  }

  started({ address, warnings }: RunHandle): void {
    this.#view = new RunReporter(this.terminal, address);
    this.say(`${this.terminal.err.style('bold', address)} started`);
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

  async ended(result: RunResult): Promise<void> {
    this.#view?.close();
    this.terminal.err.write(runEndText(result, (task) => this.#lastLines.of(task), this.terminal.err));
  }
}

/** The last lines of tasks that have not succeeded, for the message of the first that fails. */
class LastLines {
  static readonly #kept = 10;
  readonly #lines = new Map<string, string[]>();

  add({ task, text }: TaskLine): void {
    const lines = this.#lines.get(task) ?? [];
    lines.push(text);
    if (lines.length > LastLines.#kept) lines.shift();
    this.#lines.set(task, lines);
  }

  forget(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type === 'attempt-succeeded' || event.type === 'task-caught') this.#lines.delete(event.task);
    }
  }

  of(task: string): readonly string[] {
    return this.#lines.get(task) ?? [];
  }
}

class MachineReporter extends JsonReporter implements Reporter {
  readonly terminal: Terminal;

  constructor(terminal: Terminal) {
    super(terminal.out);
    this.terminal = terminal;
  }

  say(message: string): void {
    this.write({ type: 'note', message });
  }

  started({ address, run, warnings }: RunHandle): void {
    this.write({ type: 'run-started', run: address, flow: run.flow, id: run.id });
    for (const { message } of warnings) this.warning(message);
  }

  async ended({ run, status, failures }: RunResult): Promise<void> {
    this.write({ type: 'run-result', run: `${run.flow}/${run.id}`, status, failures });
  }
}

export const makeReporter = (terminal: Terminal, json: boolean): Reporter =>
  json ? new MachineReporter(terminal) : new PeopleReporter(terminal);

const signalExits = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.terminated,
} as const;
type EndingSignal = keyof typeof signalExits;

/** The first signal ends the run gently, the second at once. Returns what stops listening. */
function listen(handle: RunHandle, heard: (signal: EndingSignal) => void): () => void {
  let count = 0;
  const listeners = (Object.keys(signalExits) as EndingSignal[]).map((signal) => {
    const listener = (): void => {
      count += 1;
      heard(signal);
      handle.cancel(signal, count > 1);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const stop of listeners) stop();
  };
}

export interface FollowedRun {
  readonly reporter: Reporter;
  readonly start: () => Promise<RunHandle>;
}

/** Starts a run and stays with it to its end. Returns the exit code: 0, 1 when it failed, 130 or 143 when a signal ended it. */
export async function followRun({ reporter, start }: FollowedRun): Promise<number> {
  const handle = await start();
  reporter.started(handle);
  let signal: EndingSignal | undefined;
  const stop = listen(handle, (heard) => {
    signal ??= heard;
  });
  try {
    const result = await handle.result;
    await reporter.ended(result);
    if (result.status === 'succeeded') return exitCodes.ok;
    return result.status === 'cancelled' && signal !== undefined ? signalExits[signal] : exitCodes.runFailed;
  } finally {
    stop();
  }
}
