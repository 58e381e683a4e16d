import type { MetadataStore, RunQuery, RunRecord } from '../metadata/metadata-store.ts';
import { pages } from './run-pages.ts';
import { RunReader } from './run-reader.ts';
import type { Source } from './source.ts';

/** A flow with at least one run. `F` is its class, when it is known. */
export class FlowReader<F = unknown> {
  readonly name: string;
  /** Runs in the namespace. */
  readonly runCount: number;
  readonly #source: Source;
  readonly #namespace: string | undefined;
  readonly #latest: RunRecord;

  constructor(
    source: Source,
    namespace: string | undefined,
    facts: Awaited<ReturnType<MetadataStore['flows']>>[number],
  ) {
    this.#source = source;
    this.#namespace = namespace;
    this.name = facts.flow;
    this.runCount = facts.runs;
    this.#latest = facts.latest;
  }

  /** The newest run in the namespace, as it was when the flow was read. */
  get latest(): RunReader<F> {
    return new RunReader<F>(this.#source, this.#latest);
  }

  /**
   * Its runs, newest first, read in pages. Without a limit: all of them.
   *
   * @example for await (const run of flow.runs({ status: 'failed', tags: ['nightly'] })) console.log(run.address);
   */
  async *runs(query: Omit<RunQuery, 'flow'> = {}): AsyncGenerator<RunReader<F>> {
    const metadata = await this.#source.known();
    const namespace = this.#namespace === undefined ? {} : { namespace: this.#namespace };
    const asked = { ...namespace, ...query, flow: this.name };
    for await (const record of pages(asked, (page) => metadata.runs(page)))
      yield new RunReader<F>(this.#source, record);
  }
}
