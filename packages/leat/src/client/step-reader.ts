import type { GraphStep } from '../graph/graph.ts';
import type { StepCounts, TaskQuery } from '../metadata/metadata-store.ts';
import type { StepPlan } from '../plan/plan.ts';
import type { RunContext } from './run-context.ts';
import { taskPages } from './task-pages.ts';
import { TaskReader } from './task-reader.ts';

/** A step of a run. `F` is the flow's class, when it is known. */
export class StepReader<F = unknown> {
  readonly name: string;
  /** Its place in the graph. */
  readonly graphStep: GraphStep;
  readonly #context: RunContext;

  constructor(context: RunContext, graphStep: GraphStep) {
    this.#context = context;
    this.graphStep = graphStep;
    this.name = graphStep.name;
  }

  /** `TrainFlow/417/train`. */
  get address(): string {
    return `${this.#context.address}/${this.name}`;
  }

  /** What its tasks were going to run with. */
  get plan(): StepPlan | undefined {
    return this.#context.plan.steps[this.name];
  }

  /** How many tasks there are, by status. A waiting foreach item is no task yet. */
  async counts(): Promise<StepCounts> {
    const { flow, id } = this.#context.record;
    const all = await (await this.#context.metadata()).steps(flow, id);
    return (
      all.find(({ step }) => step === this.name) ?? {
        step: this.name,
        total: 0,
        byStatus: {},
        caught: 0,
        reused: 0,
      }
    );
  }

  /**
   * Its tasks in the order of path and iteration, in constant memory however many there are.
   *
   * @example for await (const task of run.step('train').tasks({ status: 'failed' })) console.log(task.failure?.message);
   */
  async *tasks(query: Omit<TaskQuery, 'step'> = {}): AsyncGenerator<TaskReader<F>> {
    const asked = { ...query, step: this.name };
    for await (const record of taskPages(this.#context, asked))
      yield new TaskReader<F>(this.#context, record);
  }
}
