import { appendFileSync, readFileSync } from 'node:fs';
import { Flow, parameter, step, type Inputs } from 'leat';

// Only the engine looks at it, when it reads the flow.
const isolation = process.env['BENCH_ISOLATION'] === 'process' ? 'process' : 'reuse';

/** The process above this one that runs the command line. Linux only. */
function engine(): number {
  const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  for (let pid = process.ppid; pid > 1; pid = Number(/^PPid:\t(\d+)$/m.exec(read(pid, 'status'))?.[1])) {
    if (read(pid, 'cmdline').includes('bin/leat.js')) return pid;
  }
  throw new Error('no engine is above this process');
}

/** This task must not get to its commit, so it waits to be ended, as tasks are when their engine has died. */
function dieWithTheEngine(): never {
  process.kill(engine(), 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** The last of many items kills the engine until `BENCH_MARK` names a file, to which it writes the time. */
export default class RecoverFlow extends Flow {
  items = parameter(10_000, { help: 'width of the foreach' });

  declare result: number;
  declare total: number;

  @step start() {
    this.next(this.work, { foreach: Array.from({ length: this.items }, (_, index) => index) });
  }

  @step({ isolation }) work(item: number) {
    if (item === this.items - 1) {
      const mark = process.env['BENCH_MARK'];
      if (mark === undefined) dieWithTheEngine();
      appendFileSync(mark, `${Date.now()}\n`);
    }
    this.result = item;
    this.next(this.join);
  }

  @step join(inputs: Inputs<RecoverFlow>) {
    this.total = inputs.reduce((sum, task) => sum + task.result, 0);
    this.next(this.end);
  }

  @step end() {
    console.log('total', this.total);
  }
}
