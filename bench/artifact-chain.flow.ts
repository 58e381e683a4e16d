import { randomBytes } from 'node:crypto';
import { Flow, parameter, step } from 'leat';
import { reportBytesRead } from './harness/report-bytes-read.ts';

/** A large artifact that ten tasks pass on without touching it; the last step looks at it. */
export default class ArtifactChainFlow extends Flow {
  bytes = parameter(100_000_000, { help: 'size of the artifact' });
  report = parameter('', { help: 'file that gets a line from each task that leaves the artifact alone' });

  declare model: Buffer;
  declare left: number;
  declare way: 'again' | 'done';

  @step start() {
    this.model = randomBytes(this.bytes);
    this.left = 10;
    this.next(this.pass);
  }

  @step pass() {
    reportBytesRead(this.report);
    this.left -= 1;
    this.way = this.left > 0 ? 'again' : 'done';
    this.next({ again: this.pass, done: this.end }, { by: this.way });
  }

  @step end() {
    if (this.model.length !== this.bytes) throw new Error(`${this.model.length} bytes came through`);
  }
}
