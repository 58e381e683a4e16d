import { appendFileSync } from 'node:fs';
import { Flow, parameter, step, type Inputs } from 'leat';

// The same flow for both ways to run a task. Only the engine looks at it, when it reads the flow.
const isolation = process.env['BENCH_ISOLATION'] === 'process' ? 'process' : 'reuse';

function* numbers(count: number): Generator<number> {
  for (let index = 0; index < count; index++) yield index;
}

/** Adds a line to the file that `BENCH_REPORT` names; `harness/wide-run.ts` reads it. */
function report(facts: object): void {
  const file = process.env['BENCH_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(facts)}\n`);
}

/** As many tasks as can be, that do next to nothing. No list of the items is made, or kept as an artifact. */
export default class WideFlow extends Flow {
  items = parameter(1000, { help: 'width of the foreach' });

  declare result: number;
  declare total: number;

  @step start() {
    report({ splitAt: Date.now() });
    this.next(this.work, { foreach: numbers(this.items) });
  }

  @step({ isolation }) work(item: number) {
    this.result = item % 1000;
    this.next(this.join);
  }

  @step join(inputs: Inputs<WideFlow>) {
    const joinedAt = Date.now();
    const began = performance.now();
    const cpu = process.cpuUsage();
    this.total = inputs.reduce((sum, task) => sum + task.result, 0);
    const joinSeconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    report({
      joinedAt,
      joinSeconds,
      joinCpu: (user + system) / 1e6,
      joinMemory: process.resourceUsage().maxRSS * 1024,
    });
    this.next(this.end);
  }

  @step end() {
    report({ total: this.total });
  }
}
