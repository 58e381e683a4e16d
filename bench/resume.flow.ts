import { appendFileSync } from 'node:fs';
import { Flow, parameter, step, type Inputs } from 'leat';

// Only the engine looks at it, when it reads the flow.
const isolation = process.env['BENCH_ISOLATION'] === 'reuse' ? 'reuse' : 'process';

/** The last of many items fails until `BENCH_MARK` names a file, to which it writes the time; metaflow/resume.py is the same. */
export default class ResumeFlow extends Flow {
  items = parameter(10_000, { help: 'width of the foreach' });

  declare numbers: number[];
  declare result: number;
  declare total: number;

  @step start() {
    this.numbers = Array.from({ length: this.items }, (_, index) => index);
    this.next(this.work, { foreach: this.numbers });
  }

  @step({ isolation }) work(item: number) {
    if (item === this.items - 1) {
      const mark = process.env['BENCH_MARK'];
      if (mark === undefined) throw new Error('the one failure');
      appendFileSync(mark, `${Date.now()}\n`);
    }
    this.result = item;
    this.next(this.join);
  }

  @step join(inputs: Inputs<ResumeFlow>) {
    this.total = inputs.reduce((sum, task) => sum + task.result, 0);
    this.next(this.end);
  }

  @step end() {
    console.log('total', this.total);
  }
}
