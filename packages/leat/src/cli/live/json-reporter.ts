import type { RunEvent } from '../../client/index.ts';
import type { RunObserver, TaskLine } from '../../scheduler/observer.ts';
import type { LongWait } from '../../scheduler/jobs/wait-watch.ts';
import type { Output } from '../output/terminal.ts';

/** A run as JSON lines, for programs: every event of the log as it is written, every line of the tasks. */
export class JsonReporter implements RunObserver {
  readonly #out: Output;

  constructor(out: Output) {
    this.#out = out;
  }

  applied(events: readonly RunEvent[]): void {
    for (const event of events) this.write(event);
  }

  line(line: TaskLine): void {
    this.write({ type: 'log', ...line });
  }

  warning(message: string): void {
    this.write({ type: 'warning', message });
  }

  note(message: string): void {
    this.write({ type: 'note', message });
  }

  waits(wait: LongWait): void {
    this.write({ type: 'waits', ...wait });
  }

  write(record: object): void {
    this.#out.write(`${JSON.stringify(record)}\n`);
  }
}
