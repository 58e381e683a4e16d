/**
 * A run as it goes on, for people: the tasks' lines with their names in front, one line for each failure and retry, and
 * how far it has come: drawn again and again in a terminal, as a plain line from time to time elsewhere.
 */
import type { EventFailure, RunEvent } from '../../client/index.ts';
import type { RunObserver, TaskLine } from '../../scheduler/observer.ts';
import type { RunSummary } from '../../scheduler/summary.ts';
import type { LongWait } from '../../scheduler/jobs/wait-watch.ts';
import { formatDuration, plural } from '../output/format.ts';
import { errorTitle } from '../output/run-end.ts';
import type { Output, Terminal } from '../output/terminal.ts';
import { JobLines } from './job-lines.ts';
import { LiveScreen } from './live-screen.ts';
import { progressLines, progressText, type RunProgress } from './progress.ts';

/** Between two lines of progress where nothing can be redrawn. */
const plainEveryMs = 10_000;

/** Lines of a terminal that are left to what scrolls above. */
const rowsForLog = 8;

const oneLine = (failure: EventFailure): string => {
  const what = failure.reason === 'error' ? errorTitle(failure) : failure.message;
  const place =
    failure.place === undefined ? '' : ` (${failure.place.file.split('/').at(-1)}:${failure.place.line})`;
  return `${what.split('\n')[0]}${place}`;
};

/** A wait shorter than this, in milliseconds, is only the time that it took to see the failure. */
const shortWaitMs = 500;

function nextTry({ at, retryAt }: { readonly at: number; readonly retryAt?: number }): string {
  if (retryAt === undefined) return '';
  const wait = retryAt - at;
  return wait < shortWaitMs ? '; trying again' : `; trying again in ${formatDuration(wait)}`;
}

/** Why a task has waited for long, and what to do about it. */
function waitLines(
  { task, layer, waitedMs, others, diagnosis }: LongWait,
  out: Pick<Output, 'style'>,
): readonly string[] {
  const { cause, remedy } = diagnosis;
  const more = others === 0 ? '' : ` (and ${plural(others, 'task')} more of its step)`;
  const head = `${out.style('yellow', '⧗')} ${task}${more} has waited on '${layer}' for ${formatDuration(waitedMs)}: ${cause}`;
  return remedy === undefined ? [head] : [head, `  ${out.style('green', 'fix')}: ${remedy}`];
}

export class RunReporter implements RunObserver {
  readonly #terminal: Terminal;
  readonly #address: string;
  readonly #startedAt = Date.now();
  readonly #screen: LiveScreen | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #jobs = new JobLines();
  #summary: RunSummary | undefined;
  #cancelling = false;
  #closed = false;

  constructor(terminal: Terminal, address: string) {
    this.#terminal = terminal;
    this.#address = address;
    const live = terminal.err.isTerminal && process.env['TERM'] !== 'dumb' && !process.env['CI'];
    if (live) this.#screen = new LiveScreen(terminal.err, () => this.#draw());
    // A clock in the picture has to move even when nothing happens.
    this.#timer = live
      ? setInterval(() => this.#screen?.refresh(), 1000)
      : setInterval(() => this.#plainProgress(), plainEveryMs);
    this.#timer.unref();
  }

  applied(events: readonly RunEvent[], summary: RunSummary): void {
    this.#summary = summary;
    for (const event of events) this.#tell(event);
    this.#screen?.refresh();
  }

  line({ task, attempt, stream, text }: TaskLine): void {
    const out = stream === 'stdout' ? this.#terminal.out : this.#terminal.err;
    const name = `[${task}${attempt > 0 ? `@${attempt}` : ''}]`;
    const line = `${out.style(stream === 'stdout' ? 'cyan' : 'yellow', name)} ${text}\n`;
    if (this.#screen !== undefined && out.isTerminal) this.#screen.print(line);
    else out.write(line);
  }

  warning(message: string): void {
    this.say(`${this.#terminal.err.style('yellow', 'warning')} ${message}`);
  }

  waits(wait: LongWait): void {
    for (const line of waitLines(wait, this.#terminal.err)) this.say(line);
  }

  /** A line of ours, above the picture. */
  say(text: string): void {
    if (this.#screen !== undefined) this.#screen.print(`${text}\n`);
    else this.#terminal.err.write(`${text}\n`);
  }

  /** Draws no more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#screen?.clear();
  }

  #tell(event: RunEvent): void {
    const { err } = this.#terminal;
    const ofJob = this.#jobs.of(event);
    if (ofJob !== undefined) this.say(err.style('dim', ofJob));
    switch (event.type) {
      case 'attempt-failed': {
        const mark = event.retryAt === undefined ? err.style('red', '✗') : err.style('yellow', '↻');
        this.say(`${mark} ${event.task}@${event.attempt} ${oneLine(event.failure)}${nextTry(event)}`);
        return;
      }
      case 'task-caught':
        this.say(`${err.style('yellow', '≈')} ${event.task}: @catchError stands in, the run goes on`);
        return;
      case 'cancel-requested':
        this.#cancelling = true;
        this.say(
          event.force
            ? `${event.by}: ending all tasks now`
            : `${event.by}: no new tasks; ending those that run (once more to end them at once)`,
        );
        return;
      default:
    }
  }

  #progress(summary: RunSummary): RunProgress {
    const ending =
      this.#cancelling || summary.ending === 'cancelled'
        ? 'cancelling'
        : summary.ending === 'failed'
          ? 'a task failed: the others finish'
          : undefined;
    return {
      address: this.#address,
      startedAt: this.#startedAt,
      steps: summary.steps,
      ...(ending === undefined ? {} : { ending }),
    };
  }

  #draw(): string[] {
    if (this.#summary === undefined) return [];
    const { err } = this.#terminal;
    return progressLines(this.#progress(this.#summary), Date.now(), err, Math.max(6, err.rows - rowsForLog));
  }

  #plainProgress(): void {
    if (this.#summary === undefined) return;
    const text = progressText(this.#progress(this.#summary), Date.now());
    if (text !== '') this.#terminal.err.write(`${text}\n`);
  }
}
