import { randomBytes } from 'node:crypto';
import { Flow, parameter, step, type Inputs } from 'leat';
import { reportBytesRead } from './harness/report-bytes-read.ts';

/** Items of 1 KiB, made one at a time. They do not compress: a task that reads them all cannot hide it. */
function* items(count: number): Generator<string> {
  for (let index = 0; index < count; index++) yield `${index} ${randomBytes(765).toString('base64')}`;
}

/** Each task says how many bytes its process has read: start-up, code, inputs, the item, and what the commit reads. */
export default class ItemBytesFlow extends Flow {
  items = parameter(10, { help: 'width of the foreach' });
  enough = parameter(10, {
    help: 'tasks that are measured; the one after them fails, and with it the run, to save the rest',
  });
  report = parameter('', { help: 'file that gets one line from each task' });

  @step start() {
    this.next(this.read, { foreach: items(this.items) });
  }

  @step read(item: string) {
    const index = Number(item.split(' ', 1)[0]);
    if (index >= this.enough) throw new Error('enough tasks are measured');
    reportBytesRead(this.report);
    this.next(this.join);
  }

  @step join(_inputs: Inputs<ItemBytesFlow>) {
    this.next(this.end);
  }

  @step end() {}
}
