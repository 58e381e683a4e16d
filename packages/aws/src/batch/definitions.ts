import type { BatchApi } from './api.ts';
import type { AwsCalls } from './aws-calls.ts';
import { jobDefinitionOf, type JobShape } from './job-spec.ts';

/** Job definitions by their content: one that this or another run has registered is used again, for ever. */
export class Definitions {
  readonly #api: Pick<BatchApi, 'activeDefinition' | 'registerDefinition'>;
  readonly #calls: Pick<AwsCalls, 'call'>;
  readonly #known = new Map<string, Promise<string>>();

  constructor(api: Pick<BatchApi, 'activeDefinition' | 'registerDefinition'>, calls: Pick<AwsCalls, 'call'>) {
    this.#api = api;
    this.#calls = calls;
  }

  /** `name:revision` of the definition of a shape. @throws as {@link AwsCalls.call} */
  async get(shape: JobShape): Promise<string> {
    const definition = jobDefinitionOf(shape);
    const name = definition.jobDefinitionName;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const made = this.#make(definition);
    this.#known.set(name, made);
    made.catch(() => this.#known.delete(name));
    return made;
  }

  /** Somebody has deregistered it: it is looked for again. */
  forget(nameAndRevision: string): void {
    this.#known.delete(nameAndRevision.split(':')[0] ?? '');
  }

  /** Two engines that register the same at once make two revisions of the same content: no harm. */
  async #make(definition: ReturnType<typeof jobDefinitionOf>): Promise<string> {
    const name = definition.jobDefinitionName;
    const there = await this.#calls.call({ what: 'DescribeJobDefinitions' }, async (signal) =>
      this.#api.activeDefinition(name, signal),
    );
    if (there !== undefined) return there;
    return this.#calls.call({ what: 'RegisterJobDefinition' }, async (signal) =>
      this.#api.registerDefinition(definition, signal),
    );
  }
}
