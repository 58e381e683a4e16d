/**
 * Reading what ran: the one way in for the command line, notebooks and the web page. It reads metadata and datastores and
 * never runs code of a flow; but for tags it writes nothing. What it hands out is lazy: a value is loaded when it is asked
 * for, and lists are read in pages.
 */
import { LeatError } from '../errors/index.ts';
import type { RunQuery, RunRecord } from '../metadata/metadata-store.ts';
import { parseAddress, parseAddressOf } from './address.ts';
import type { FlowClass } from './artifact-types.ts';
import { diffRuns, type RunDiff } from './diff-runs.ts';
import { FlowReader } from './flow-reader.ts';
import { currentNamespace, meansEverybody, resolveHome } from '../home/home.ts';
import type { LogLine, LogOptions } from './read-task-log.ts';
import { notFound } from './not-found.ts';
import { pages } from './run-pages.ts';
import { RunReader } from './run-reader.ts';
import { Source } from './source.ts';
import type { TaskReader } from './task-reader.ts';

/** Where to read, and whose runs `latest` means. */
export interface ConnectOptions {
  /** The folder of the runs. Default: `LEAT_HOME`, else `.leat` of the project. */
  readonly home?: string | undefined;
  /** URL of the metadata, as in `postgres://db.example/leat`. Default: `LEAT_METADATA`, else in the folder of the runs. */
  readonly metadata?: string | undefined;
  /** The profile; `'none'`: no profile. Default: `LEAT_PROFILE`, else the one called `default`, if there is one. */
  readonly profile?: string | undefined;
  /** Default: `LEAT_NAMESPACE`, else `user:NAME`. `'*'` (or `'global'`): everybody's. */
  readonly namespace?: string | undefined;
}

/** Whose runs are meant; `undefined`: everybody's. */
function namespaceOf({ namespace = currentNamespace() }: ConnectOptions): string | undefined {
  return meansEverybody(namespace) ? undefined : namespace;
}

/**
 * Opens what was run, for reading. Nothing is created: where nothing has run yet, lists are empty.
 *
 * @example
 *     const client = await connect();
 *     const run = await client.run(TrainFlow, 'latest');
 *     for await (const task of run.step('train').tasks()) console.log(task.index, await task.get('score'));
 *     await client.close();
 */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const source = new Source(
    resolveHome({ home: options.home, metadata: options.metadata, profile: options.profile }),
  );
  // Opened here, so that a damaged file is reported now and not in the middle of the work.
  await source.metadata();
  return new Client(source, namespaceOf(options));
}

/** What {@link connect} returns. */
export class Client {
  /** Whose runs lists and `latest` show; `undefined`: everybody's. A run that is named by its number is always found. */
  readonly namespace: string | undefined;
  readonly #source: Source;

  constructor(source: Source, namespace: string | undefined) {
    this.#source = source;
    this.namespace = namespace;
  }

  /** Flows with runs in the namespace, by name. */
  async flows(): Promise<readonly FlowReader[]> {
    const found = (await (await this.#source.metadata())?.flows(this.namespace)) ?? [];
    return found.map((facts) => new FlowReader(this.#source, this.namespace, facts));
  }

  /** One flow. Throws `NOT_FOUND` when it has no run in the namespace. */
  async flow<F = unknown>(flow: string | FlowClass<F>): Promise<FlowReader<F>> {
    const name = typeof flow === 'string' ? flow : flow.name;
    const all = (await (await this.#source.metadata())?.flows(this.namespace)) ?? [];
    const facts = all.find((one) => one.flow === name);
    if (facts === undefined) throw await this.#noFlow(name);
    return new FlowReader<F>(this.#source, this.namespace, facts);
  }

  /** Runs of any flow, newest first. The namespace is the client's unless the query names one. */
  async *runs(query: RunQuery = {}): AsyncGenerator<RunReader> {
    const metadata = await this.#source.metadata();
    if (metadata === undefined) return;
    const asked = { ...(this.namespace === undefined ? {} : { namespace: this.namespace }), ...query };
    for await (const record of pages(asked, (page) => metadata.runs(page)))
      yield new RunReader(this.#source, record);
  }

  /**
   * One run: by its address, `TrainFlow/417` or `TrainFlow/latest`, or by its flow's class, which types what is read.
   * `latest` is the newest run in the namespace; a number finds the run in whatever namespace it is. Throws `NOT_FOUND`.
   *
   * @example const best = await (await client.run<TrainFlow>('TrainFlow/latest')).artifact('end.best');
   */
  run<F = unknown>(address: string): Promise<RunReader<F>>;
  run<F>(flow: FlowClass<F>, id?: string): Promise<RunReader<F>>;
  async run<F>(of: string | FlowClass<F>, id = 'latest'): Promise<RunReader<F>> {
    const { flow, run } = typeof of === 'string' ? parseAddressOf(of, 'run') : { flow: of.name, run: id };
    const record = run === 'latest' ? await this.#latest(flow) : await this.#numbered(flow, run);
    return new RunReader<F>(this.#source, record);
  }

  /** One task, `TrainFlow/417/train[3]`; a step's name is enough where the step has one task. Throws `NOT_FOUND`. */
  async task<F = unknown>(address: string): Promise<TaskReader<F>> {
    const { flow, run, task } = parseAddressOf(address, 'task');
    return (await this.run<F>(`${flow}/${run}`)).task(task);
  }

  /** The value of one artifact, `TrainFlow/417/end.best`. Throws `NOT_FOUND`. */
  async artifact(address: string): Promise<unknown> {
    const { artifact } = parseAddressOf(address, 'artifact');
    return (await this.task(address)).get(artifact);
  }

  /** What a task printed, `TrainFlow/417/train[3]` or one attempt of it, `…/train[3]@1`. */
  async *logs(address: string, options: LogOptions = {}): AsyncGenerator<LogLine> {
    const { attempt } = parseAddress(address);
    yield* (await this.task(address)).log({ ...(attempt === undefined ? {} : { attempt }), ...options });
  }

  /** What differs between two runs: parameters, artifacts, code. */
  async diff(before: string, after: string): Promise<RunDiff> {
    return diffRuns(await this.run(before), await this.run(after));
  }

  /** Closes what was opened. What the client has handed out cannot be read after this. */
  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #numbered(flow: string, id: string): Promise<RunRecord> {
    const metadata = await this.#source.metadata();
    const record = await metadata?.run(flow, id);
    if (record !== undefined) return record;
    const [newest] = (await metadata?.runs({ flow, limit: 1 })) ?? [];
    if (newest === undefined) throw await this.#noFlow(flow);
    const hint = `Its newest run is '${flow}/${newest.id}'. All of them: leat list runs ${flow} --namespace '*'`;
    throw new LeatError('NOT_FOUND', `there is no run '${flow}/${id}'`, { hint });
  }

  async #latest(flow: string): Promise<RunRecord> {
    const metadata = await this.#source.metadata();
    const { namespace } = this;
    const [newest] =
      (await metadata?.runs({ flow, limit: 1, ...(namespace === undefined ? {} : { namespace }) })) ?? [];
    if (newest === undefined) throw await this.#noFlow(flow);
    return newest;
  }

  async #noFlow(flow: string): Promise<LeatError> {
    const metadata = await this.#source.metadata();
    const everywhere = (await metadata?.flows()) ?? [];
    const elsewhere = everywhere.find((one) => one.flow === flow);
    if (elsewhere !== undefined) {
      const { id, namespace } = elsewhere.latest;
      const hint = `Its newest run is '${flow}/${id}' in '${namespace}': name it by its number, or look everywhere with --namespace '*' (connect({ namespace: '*' })).`;
      return new LeatError('NOT_FOUND', `'${flow}' has no run in the namespace '${this.namespace}'`, {
        hint,
      });
    }
    if (everywhere.length > 0)
      return notFound(
        `flow '${flow}' with a run`,
        flow,
        everywhere.map((one) => one.flow),
      );
    const hint = `Nothing has run yet in '${this.#source.place}'. Start a run (leat run flow.ts), or name another folder: --home FOLDER, LEAT_HOME.`;
    return new LeatError('NOT_FOUND', `there is no run of '${flow}'`, { hint });
  }
}
