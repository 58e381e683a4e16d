import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { current, Flow, type Inputs, type IsolationOptions, parameter, retry, step } from 'leat';
import { bodyOf, leavesOfGroup, valueOf } from './items.ts';

/** Each execution of a body appends a line, in one write: what was run, when, and in which process. */
const ledger = process.env['CHAOS_LEDGER'];
const isolation = process.env['CHAOS_ISOLATION'] ?? 'mixed';

const shared: IsolationOptions = { isolation: 'reuse' };
const alone: IsolationOptions = { isolation: 'process' };
const many = isolation === 'process' ? alone : shared;
const few = isolation === 'reuse' ? shared : alone;
const other = isolation === 'mixed' ? shared : few;

/** Kills are paid with tries, and nobody knows how many there will be. */
const again = { times: 1_000, minutesBetweenRetries: 0 };

function begin(): void {
  if (ledger === undefined) return;
  const { task, attempt } = current;
  appendFileSync(ledger, `${task}@${attempt} ${Date.now()} ${process.pid}\n`);
}

/** What an item does: it waits a moment, and now and then starts a program that it waits for, or leaves behind. */
async function work(item: number): Promise<void> {
  const { waitMs, child } = bodyOf(item);
  if (child !== undefined) {
    const program = spawn('sleep', [child === 'awaited' ? '0.05' : '600'], { stdio: 'ignore' });
    if (child === 'awaited') await once(program, 'exit');
    else program.unref();
  }
  await setTimeout(waitMs);
}

function* upTo(count: number): Generator<number> {
  for (let item = 0; item < count; item += 1) yield item;
}

async function* slowly(items: readonly number[]): AsyncGenerator<number> {
  for (const item of items) {
    await setTimeout(1);
    yield item;
  }
}

function expectAll(what: string, seen: readonly number[], wanted: readonly number[]): void {
  const wrong = wanted.findIndex((value, place) => seen[place] !== value);
  if (wrong < 0 && seen.length === wanted.length) return;
  throw new Error(`${what}: ${seen.length} of ${wanted.length}; input ${wrong} is ${seen[wrong]}`);
}

/** What chaos is let loose on: wide and deep splits, joins that look at every input, and every way to share processes. */
export default class ChaosFlow extends Flow {
  items = parameter(1000, { help: 'width of the wide foreach' });
  groups = parameter(10, { help: 'width of the outer one of the nested foreaches' });

  declare value: number;
  declare large?: string;
  declare group: number;
  declare sum: number;
  declare seen: number;

  @retry(again)
  @step
  start() {
    begin();
    this.next(this.wide, this.deep);
  }

  @retry(again)
  @step
  wide() {
    begin();
    this.next(this.work, { foreach: upTo(this.items) });
  }

  @retry(again)
  @step(many)
  async work(item: number) {
    begin();
    await work(item);
    this.value = valueOf(item);
    // Too large for the manifest: an object of its own.
    if (item % 40 === 0) this.large = `${item} `.repeat(10_000);
    this.next(this.collect);
  }

  @retry(again)
  @step
  collect(inputs: Inputs<ChaosFlow>) {
    begin();
    const seen = inputs.map((one) => (one.index === one.input ? one.value : -1));
    expectAll('collect', seen, [...upTo(this.items)].map(valueOf));
    this.seen = seen.length;
    this.next(this.total);
  }

  @retry(again)
  @step
  deep() {
    begin();
    this.next(this.family, { foreach: [...upTo(this.groups)] });
  }

  @retry(again)
  @step(few)
  family(group: number) {
    begin();
    this.group = group;
    this.next(this.leaf, { foreach: slowly(leavesOfGroup(group)) });
  }

  @retry(again)
  @step(other)
  async leaf(item: number) {
    begin();
    await work(item);
    this.value = valueOf(item);
    this.next(this.fold);
  }

  @retry(again)
  @step(few)
  fold(inputs: Inputs<ChaosFlow>) {
    begin();
    const seen = inputs.map((one) => one.value);
    this.group = inputs[0]?.group ?? -1;
    expectAll(`fold ${this.group}`, seen, leavesOfGroup(this.group).map(valueOf));
    this.sum = seen.reduce((sum, value) => sum + value, 0);
    this.next(this.left, this.right);
  }

  @retry(again)
  @step(other)
  left() {
    begin();
    this.value = this.sum * 2;
    this.next(this.both);
  }

  @retry(again)
  @step(few)
  async right() {
    begin();
    await work(this.group);
    this.value = this.sum;
    this.next(this.both);
  }

  @retry(again)
  @step(few)
  both(inputs: Inputs<ChaosFlow>) {
    begin();
    this.sum = (inputs.left?.value ?? 0) - (inputs.right?.value ?? 0);
    this.next(this.gather);
  }

  @retry(again)
  @step
  gather(inputs: Inputs<ChaosFlow>) {
    begin();
    const wanted = [...upTo(this.groups)].map((group) =>
      leavesOfGroup(group).reduce((sum, item) => sum + valueOf(item), 0),
    );
    const seen = inputs.map((one) => one.sum);
    expectAll('gather', seen, wanted);
    this.seen = seen.length;
    this.next(this.total);
  }

  @retry(again)
  @step
  total(inputs: Inputs<ChaosFlow>) {
    begin();
    this.seen = (inputs.collect?.seen ?? 0) + (inputs.gather?.seen ?? 0);
    this.next(this.end);
  }

  @retry(again)
  @step
  end() {
    begin();
  }
}
