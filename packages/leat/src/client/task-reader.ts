import type { ArtifactFacts, ArtifactRef, AttemptManifest } from '../datastore/manifest.ts';
import { locateItem, readItemIndex } from '../datastore/items/item-index.ts';
import { readItemAsync } from '../datastore/items/read-item.ts';
import { formatTask } from '../datastore/keys.ts';
import { corrupt } from '../datastore/blob-format.ts';
import { readManifest } from '../datastore/read-manifest.ts';
import { LeatError } from '../errors/index.ts';
import type { EventFailure } from '../metadata/events.ts';
import type { AttemptRecord, TaskRecord, TaskStatus } from '../metadata/metadata-store.ts';
import type { ArtifactName, ArtifactsOf } from './artifact-types.ts';
import { findTasks } from './find-tasks.ts';
import { itemOf, neighboursAfter, neighboursBefore } from './lineage.ts';
import { notFound } from './not-found.ts';
import { type LogLine, type LogOptions, readTaskLog } from './read-task-log.ts';
import type { RunContext } from './run-context.ts';

/** An artifact by name, with what is known without loading it. */
export interface ArtifactListing extends ArtifactFacts {
  readonly name: string;
}

/** A task as it stood when it was read. `F` is the flow's class, when it is known. */
export class TaskReader<F = unknown> {
  /** As the metadata has it. */
  readonly record: TaskRecord;
  readonly #context: RunContext;
  #manifest: Promise<AttemptManifest | undefined> | undefined;

  constructor(context: RunContext, record: TaskRecord) {
    this.#context = context;
    this.record = record;
  }

  /** Within the run: `train[3]`. */
  get address(): string {
    return this.record.task;
  }

  /** `TrainFlow/417/train[3]`. */
  get fullAddress(): string {
    return `${this.#context.address}/${this.address}`;
  }

  get step(): string {
    return this.record.step;
  }

  /** Foreach indexes, outermost first. */
  get path(): readonly number[] {
    return this.record.path;
  }

  /** Its place in the innermost foreach. */
  get index(): number | undefined {
    return this.record.path.at(-1);
  }

  /** How often its loop had gone round before. */
  get iteration(): number {
    return this.record.iteration;
  }

  get status(): TaskStatus {
    return this.record.status;
  }

  /** Attempts so far. */
  get attempts(): number {
    return this.record.attempts;
  }

  get startedAt(): Date | undefined {
    return this.record.startedAt === undefined ? undefined : new Date(this.record.startedAt);
  }

  get endedAt(): Date | undefined {
    return this.record.endedAt === undefined ? undefined : new Date(this.record.endedAt);
  }

  /** The last failure, also when a later attempt succeeded or `@catchError` stood in. */
  get failure(): EventFailure | undefined {
    return this.record.failure;
  }

  /** `@catchError` stood in. */
  get caught(): boolean {
    return this.record.caught;
  }

  /** The run that made its result, when `resume` took it over: `TrainFlow/416`. */
  get originRun(): string | undefined {
    const { originRun } = this.record;
    return originRun === undefined ? undefined : `${this.#context.record.flow}/${originRun}`;
  }

  /** Every attempt, by number. */
  async attemptRecords(): Promise<readonly AttemptRecord[]> {
    const { flow, id } = this.#context.record;
    return (await this.#context.metadata()).attempts(flow, id, this.address);
  }

  /** What the attempt that decided the task left; `undefined` while none has. */
  manifest(): Promise<AttemptManifest | undefined> {
    this.#manifest ??= this.#readManifest();
    return this.#manifest;
  }

  async #readManifest(): Promise<AttemptManifest | undefined> {
    if (this.record.manifest === undefined) return undefined;
    const key = this.record.manifest;
    const manifest = await readManifest(await this.#context.source.datastore(this.#context.record), key);
    if (manifest !== undefined) return manifest;
    throw corrupt(key, 'it is gone from the datastore');
  }

  /** Its artifacts by name, without loading them. */
  async artifacts(): Promise<readonly ArtifactListing[]> {
    return Object.entries(await this.#refs()).map(([name, { hash, size, codec, type, files }]) => ({
      name,
      hash,
      size,
      codec,
      type,
      ...(files === undefined ? {} : { files }),
    }));
  }

  async #refs(): Promise<Readonly<Record<string, ArtifactRef>>> {
    const manifest = await this.manifest();
    return manifest?.status === 'succeeded' ? manifest.artifacts : {};
  }

  /** Whether it has an artifact or a parameter of that name. */
  async has(name: string): Promise<boolean> {
    return Object.hasOwn(await this.#refs(), name) || Object.hasOwn(this.#context.record.parameters, name);
  }

  /**
   * The value of an artifact, or of a parameter of the run; loaded anew each time, and never by running code. Throws
   * `NOT_FOUND` with the nearest name, `STORE_CORRUPT`.
   *
   * @example const score = await (await client.run(TrainFlow)).task('train[3]').then((task) => task.get('score')); // number
   */
  async get<Name extends ArtifactName<F>>(name: Name): Promise<ArtifactsOf<F>[Name]> {
    const refs = await this.#refs();
    const ref = Object.hasOwn(refs, name) ? refs[name] : undefined;
    if (ref === undefined) return (await this.#parameter(name, Object.keys(refs))) as ArtifactsOf<F>[Name];
    const artifacts = await this.#context.source.artifacts(this.#context.record);
    return (await artifacts.loadAsync(ref)) as ArtifactsOf<F>[Name];
  }

  async #parameter(name: string, artifacts: readonly string[]): Promise<unknown> {
    const { parameters } = this.#context.record;
    if (Object.hasOwn(parameters, name)) return (await this.#context.parameters())[name];
    if (this.status !== 'succeeded') {
      throw new LeatError(
        'NOT_FOUND',
        `'${this.fullAddress}' has no artifacts: its status is '${this.status}'`,
        {
          hint: this.failure === undefined ? undefined : `leat logs '${this.fullAddress}'`,
        },
      );
    }
    throw notFound(`artifact '${name}' in '${this.fullAddress}'`, name, [
      ...artifacts,
      ...Object.keys(parameters),
    ]);
  }

  /** The item that it was given by the innermost foreach; `undefined` outside any. */
  async item(): Promise<unknown> {
    const place = itemOf(this.#context.graph, this.record);
    if (place === undefined) return undefined;
    const { flow, id } = this.#context.record;
    const split = await (await this.#context.metadata()).task(flow, id, formatTask(place.split));
    if (split?.outcome?.kind !== 'foreach') return undefined;
    const datastore = await this.#context.source.datastore(this.#context.record);
    return readItemAsync(
      datastore,
      locateItem(await readItemIndex(datastore, split.outcome.items), place.index),
    );
  }

  /** The tasks that handed over to this one: none for `start`, many for the join of a foreach; read in pages. */
  async *parents(): AsyncGenerator<TaskReader<F>> {
    for (const place of neighboursBefore(this.#context.graph, this.record)) {
      for await (const record of findTasks(this.#context, place)) {
        if (this.#isTargetOf(record)) yield new TaskReader<F>(this.#context, record);
      }
    }
  }

  /** Whether a task before has gone on here: a switch may have gone elsewhere. */
  #isTargetOf({ step, outcome }: TaskRecord): boolean {
    const { next } = this.#context.step(step);
    return next.kind !== 'switch' || (outcome?.kind === 'switch' && next.cases[outcome.choice] === this.step);
  }

  /** The tasks that this one handed over to, as far as they exist by now; read in pages. */
  async *children(): AsyncGenerator<TaskReader<F>> {
    const { outcome } = this.record;
    if (outcome === undefined) return;
    for (const place of neighboursAfter(this.#context.graph, this.record, outcome)) {
      for await (const record of findTasks(this.#context, place))
        yield new TaskReader<F>(this.#context, record);
    }
  }

  /**
   * What it printed, line by line: the newest attempt unless told. With `follow` it goes on until the task has ended,
   * over retries.
   */
  log(options: LogOptions = {}): AsyncGenerator<LogLine> {
    return readTaskLog(this.#context, this.record, options);
  }
}
