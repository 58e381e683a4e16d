/**
 * One run, for whoever wants to know: how it stands, its steps and tasks, their artifacts and logs, and the code that
 * ran. Everything is read from what the run has stored, never from the working tree, and no code of the flow is run.
 * The last stop of a task's journey: what `datastore/commit-attempt.ts` wrote and the event log decided is read here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent, RunStatus } from '../metadata/events.ts';
import { isDriven } from '../metadata/is-driven.ts';
import type { FlowGraph } from '../graph/graph.ts';
import type { RunRecord, TaskQuery } from '../metadata/metadata-store.ts';
import { systemTags } from '../metadata/tags.ts';
import type { RunPlan } from '../plan/plan.ts';
import { parseTask } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import { parseAddressOf } from './address.ts';
import { notFound } from './not-found.ts';
import { type CodeOptions, readCode, type SourceFile } from './read-code.ts';
import { RunContext } from './run-context.ts';
import type { Source } from './source.ts';
import { StepReader } from './step-reader.ts';
import { taskPages } from './task-pages.ts';
import { TaskReader } from './task-reader.ts';

/** Names of tasks shown when the one that was asked for is not there. */
const shownTasks = 5;

/** Waits between two looks at a run that goes on, in milliseconds. */
const firstLook = 100;
const longestLook = 2_000;

/** A run as it stood when it was read; {@link RunReader.refresh} reads it again. `F` is the flow's class, when it is known. */
export class RunReader<F = unknown> {
  /** As the metadata has it. */
  readonly record: RunRecord;
  readonly #context: RunContext;

  constructor(source: Source, record: RunRecord) {
    this.record = record;
    this.#context = new RunContext(source, record);
  }

  get flow(): string {
    return this.record.flow;
  }

  get id(): string {
    return this.record.id;
  }

  /** `TrainFlow/417`. */
  get address(): string {
    return this.#context.address;
  }

  get status(): RunStatus {
    return this.record.status;
  }

  get createdAt(): Date {
    return new Date(this.record.createdAt);
  }

  get endedAt(): Date | undefined {
    return this.record.endedAt === undefined ? undefined : new Date(this.record.endedAt);
  }

  /** Running, but no engine drives it any more: `leat recover` takes it up again. */
  get abandoned(): boolean {
    return this.status === 'running' && !isDriven(this.record);
  }

  get user(): string {
    return this.record.user;
  }

  get namespace(): string {
    return this.record.namespace;
  }

  /** Set by people, in order. */
  get tags(): readonly string[] {
    return this.record.tags;
  }

  /** Tags that every run has by itself: `user:ada`. */
  get systemTags(): readonly string[] {
    return systemTags(this.record);
  }

  /** Parameters as JSON data, for people. {@link RunReader.parameterValues} has the values themselves. */
  get parameters(): Readonly<Record<string, unknown>> {
    return this.record.parameters;
  }

  /** What each step was going to run with. */
  /** All that has happened, in order, in constant memory however long its log is. */
  async *events(): AsyncGenerator<RunEvent> {
    const { flow, id } = this.record;
    for await (const { event } of (await this.#context.metadata()).events(flow, id)) yield event;
  }

  get plan(): RunPlan {
    return this.#context.plan;
  }

  get graph(): FlowGraph {
    return this.#context.graph;
  }

  /** Hash of the code package. */
  get package(): string {
    return this.record.package;
  }

  /** The run whose results this one took over: `TrainFlow/416`. */
  get originRun(): string | undefined {
    return this.record.originRun === undefined ? undefined : `${this.flow}/${this.record.originRun}`;
  }

  /** The parameters' values as the steps saw them. */
  parameterValues(): Promise<Readonly<Record<string, unknown>>> {
    return this.#context.parameters();
  }

  /** All steps of the graph, in the order of the class; also those that have not started. */
  steps(): readonly StepReader<F>[] {
    return this.graph.steps.map((step) => new StepReader<F>(this.#context, step));
  }

  /** One step. Throws `NOT_FOUND` with the nearest name. */
  step(name: string): StepReader<F> {
    return new StepReader<F>(this.#context, this.#context.step(name));
  }

  /**
   * Tasks of all steps, in the order of step name, path, iteration; read in pages. Throws `OPTION_INVALID` for an `after`
   * that is no task's address.
   */
  async *tasks(query: TaskQuery = {}): AsyncGenerator<TaskReader<F>> {
    for await (const record of taskPages(this.#context, query))
      yield new TaskReader<F>(this.#context, record);
  }

  /**
   * One task by its address in the run, `train[3]`; a step's name is enough where the step has one task. Throws
   * `NOT_FOUND`.
   */
  async task(address: string): Promise<TaskReader<F>> {
    const metadata = await this.#context.metadata();
    const record = await metadata.task(this.flow, this.id, address);
    if (record !== undefined) return new TaskReader<F>(this.#context, record);
    const step = parseTask(address)?.step ?? address;
    const readers = await Array.fromAsync(this.step(step).tasks({ limit: shownTasks + 1 }));
    const [only] = readers;
    if (step === address && only !== undefined && readers.length === 1) return only;
    throw this.#noTask(address, step, readers);
  }

  #noTask(address: string, step: string, readers: readonly TaskReader<F>[]): LeatError {
    const what = `task '${address}' in '${this.address}'`;
    if (readers.length === 0) {
      const hint =
        this.status === 'running' ? `Step '${step}' has not started yet.` : `Step '${step}' never started.`;
      return new LeatError('NOT_FOUND', `there is no ${what}`, { hint });
    }
    const names = readers.slice(0, shownTasks).map(({ address: name }) => name);
    const more =
      readers.length > shownTasks ? `All of them: leat list tasks ${this.address} --step ${step}` : undefined;
    return notFound(what, address, names, more);
  }

  /** The value of one artifact: `run.artifact('end.best')`. Throws `NOT_FOUND`. */
  async artifact(name: string): Promise<unknown> {
    const { task, artifact } = parseAddressOf(`${this.address}/${name}`, 'artifact');
    const reader: TaskReader = await this.task(task);
    return reader.get(artifact);
  }

  /** The first tasks that failed, in order of time; at most `limit` (default 10). */
  async failures(limit = 10): Promise<readonly TaskReader<F>[]> {
    const failed = await (await this.#context.metadata()).failures(this.flow, this.id, limit);
    return failed.map((record) => new TaskReader<F>(this.#context, record));
  }

  /** The source that ran, the user's own files first. */
  async code(options: CodeOptions = {}): Promise<readonly SourceFile[]> {
    return readCode(await this.#context.source.datastore(this.record), this.package, options);
  }

  /** Adds and removes tags; returns what the run has now. Throws `OPTION_INVALID` for a tag against the rules. */
  async tag(change: {
    readonly add?: readonly string[];
    readonly remove?: readonly string[];
  }): Promise<readonly string[]> {
    return (await this.#context.metadata()).tag(this.flow, this.id, change);
  }

  /** Reads the run again. Throws `NOT_FOUND` when it was removed. */
  async refresh(): Promise<RunReader<F>> {
    const record = await (await this.#context.metadata()).run(this.flow, this.id);
    if (record === undefined) throw new LeatError('NOT_FOUND', `the run '${this.address}' was removed`);
    return new RunReader<F>(this.#context.source, record);
  }

  /** Waits for the end of the run; returns at once when it has ended or nobody drives it. `signal` ends the waiting. */
  async wait({ signal }: { readonly signal?: AbortSignal } = {}): Promise<RunReader<F>> {
    let run: RunReader<F> = await this.refresh();
    for (
      let look = firstLook;
      run.status === 'running' && !run.abandoned;
      look = Math.min(look * 1.5, longestLook)
    ) {
      await delay(look, undefined, signal === undefined ? {} : { signal });
      run = await run.refresh();
    }
    return run;
  }
}
