import { loadParametersAsync } from '../datastore/run-parameters.ts';
import { type FlowGraph, type GraphStep, graphStep } from '../graph/graph.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import type { RunPlan } from '../plan/plan.ts';
import { notFound } from './not-found.ts';
import type { Source } from './source.ts';

/** What the readers of one run share: where it is, and what it was going to do. */
export class RunContext {
  readonly source: Source;
  readonly record: RunRecord;
  #parameters: Promise<Readonly<Record<string, unknown>>> | undefined;

  constructor(source: Source, record: RunRecord) {
    this.source = source;
    this.record = record;
  }

  /** `TrainFlow/417`. */
  get address(): string {
    return `${this.record.flow}/${this.record.id}`;
  }

  get plan(): RunPlan {
    return this.record.plan as RunPlan;
  }

  get graph(): FlowGraph {
    return this.plan.graph;
  }

  metadata(): Promise<MetadataStore> {
    return this.source.known();
  }

  /** The values of the run's parameters, read once. */
  parameters(): Promise<Readonly<Record<string, unknown>>> {
    this.#parameters ??= this.#readParameters();
    return this.#parameters;
  }

  async #readParameters(): Promise<Readonly<Record<string, unknown>>> {
    return loadParametersAsync(await this.source.datastore(this.record), this.record.parametersKey);
  }

  /** A step of the graph. Throws `NOT_FOUND` with the nearest name. */
  step(name: string): GraphStep {
    const names = this.graph.steps.map((step) => step.name);
    if (!names.includes(name)) throw notFound(`step '${name}' in '${this.address}'`, name, names);
    return graphStep(this.graph, name);
  }
}
