/**
 * The inputs of a join: a view on each of the tasks that it joins. Of ten thousand inputs those are opened that are touched,
 * each once, and what is large is let go as soon as the step lets go of it.
 */
import type { ArtifactStore } from '../datastore/artifact-store.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { parseTask } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import { type InputList, makeInputs } from '../flow/inputs.ts';
import type { KnownArtifact, TaskSource, TaskSpec } from '../plan/task-spec.ts';
import type { ArtifactRefs, FlowFields } from './flow-fields.ts';
import { readSourceRefs } from './source-refs.ts';
import { unsetArtifact } from './unset-artifact.ts';

/** One of the joined tasks. */
export interface JoinedTask {
  /** `train[3]`, or the step's name after a branch. */
  readonly label: string;
  /** Its artifacts; read when first asked for. */
  readonly refs: () => ArtifactRefs;
}

/** What the inputs are made from. */
export interface JoinSetting {
  readonly spec: TaskSpec;
  readonly store: Datastore;
  readonly artifacts: ArtifactStore;
  readonly parameters: () => Readonly<Record<string, unknown>>;
  /** Which fields are parameters, and what the class computes: `get area() { return this.width * this.height; }`. */
  readonly fields: Pick<FlowFields, 'isParameter' | 'hasGetter' | 'compute'>;
  /** The foreach item of an input, by its position in the split. */
  readonly itemOf: (index: number) => unknown;
}

/** Values up to this size stay in memory once loaded; of larger ones the step holds what it needs. */
const keptBytes = 64 * 1024;
/** Inputs that stay open. */
const keptInputs = 16_384;

export class JoinInputs {
  readonly #setting: JoinSetting;
  readonly #known: ReadonlyMap<string, KnownArtifact>;
  readonly #opened = new Map<number, object>();
  readonly #tasks = new WeakMap<object, JoinedTask>();
  /** What the step gets as its argument. */
  readonly list: InputList<object>;

  constructor(setting: JoinSetting) {
    this.#setting = setting;
    const { sources, known } = setting.spec;
    this.#known = new Map(known.map((artifact) => [artifact.name, artifact]));
    const branches = isForeach(setting.spec)
      ? undefined
      : new Map(sources.map(({ step }, index) => [step, index]));
    this.list = makeInputs({
      length: sources.length,
      at: (index) => this.#at(index),
      ...(branches === undefined ? {} : { branches }),
    });
  }

  /** The task behind an entry of {@link list}, or of what was filtered from it; `undefined` for anything else. */
  taskOf(input: unknown): JoinedTask | undefined {
    return typeof input === 'object' && input !== null ? this.#tasks.get(input) : undefined;
  }

  #at(index: number): object {
    const opened = this.#opened.get(index);
    if (opened !== undefined) return opened;
    const source = this.#setting.spec.sources[index];
    if (source === undefined) throw new RangeError(`there is no input ${index}`);
    const task = this.#taskAt(source);
    const input = this.#view(task, source, index);
    this.#tasks.set(input, task);
    this.#opened.set(index, input);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > keptInputs && oldest !== undefined) this.#opened.delete(oldest);
    return input;
  }

  #taskAt(source: TaskSource): JoinedTask {
    let refs: ArtifactRefs | undefined;
    return {
      label: isForeach(this.#setting.spec) ? source.task : source.step,
      refs: () => {
        refs ??= readSourceRefs(this.#setting.store, { sources: [source] });
        return refs;
      },
    };
  }

  #view(task: JoinedTask, source: TaskSource, index: number): object {
    const values = new Map<string, unknown>();
    const position = positionOf(source, this.#setting.spec) ?? index;
    const read = (name: string): unknown => {
      if (name === 'input') return this.#setting.itemOf(position);
      if (name === 'index') return position;
      const { fields, parameters } = this.#setting;
      if (fields.isParameter(name)) return parameters()[name];
      if (fields.hasGetter(name)) return fields.compute(name, input);
      return this.#load(task, name, { values, expression: `inputs[${index}].${name}` });
    };
    const fixed = (_: object, property: string | symbol): never => {
      throw new LeatError(
        'ARTIFACT_READ_ONLY',
        `an input of a join is read-only: '${String(property)}' of ${task.label} cannot be set`,
        {
          hint: 'Set a field of this instead.',
        },
      );
    };
    const has = (property: string | symbol): property is string =>
      typeof property === 'string' && Object.hasOwn(task.refs(), property);
    const shown = (): object =>
      Object.fromEntries(
        Object.entries(task.refs()).map(([name, { size, type }]) => [
          name,
          size <= keptBytes ? read(name) : `[${type}]`,
        ]),
      );
    // `console.log(input)` looks at what is behind a proxy.
    const target = Object.defineProperty(
      Object.create(null) as object,
      Symbol.for('nodejs.util.inspect.custom'),
      { value: shown, configurable: true },
    );
    const input: object = new Proxy(target, {
      get: (_, property) => (typeof property === 'string' ? read(property) : undefined),
      has: (_, property) => property === 'input' || property === 'index' || has(property),
      ownKeys: () => Object.keys(task.refs()),
      // Not as in the target, which has nothing: it must say that it may change.
      getOwnPropertyDescriptor: (_, property) =>
        has(property)
          ? { configurable: true, enumerable: true, writable: false, value: read(property) }
          : undefined,
      set: fixed,
      defineProperty: fixed,
      deleteProperty: fixed,
    });
    return input;
  }

  #load(
    task: JoinedTask,
    name: string,
    { values, expression }: { readonly values: Map<string, unknown>; readonly expression: string },
  ): unknown {
    const kept = values.get(name);
    const known = kept instanceof WeakRef ? (kept.deref() as unknown) : kept;
    if (known !== undefined) return known;
    const refs = task.refs();
    const ref = Object.hasOwn(refs, name) ? refs[name] : undefined;
    if (ref === undefined) {
      const artifact = this.#known.get(name);
      if (artifact?.always !== true) return undefined;
      throw unsetArtifact(artifact, { step: this.#setting.spec.step, expression, from: 'input' });
    }
    const value = this.#setting.artifacts.load(ref);
    if (ref.size <= keptBytes) values.set(name, value);
    else if (typeof value === 'object' && value !== null) values.set(name, new WeakRef(value));
    return value;
  }
}

/** Whether the join closes a foreach: its tasks stand one level deeper than it does itself. */
function isForeach({ joinedItems, sources, path }: TaskSpec): boolean {
  if (joinedItems !== undefined) return true;
  const [first] = sources;
  return first !== undefined && (parseTask(first.task)?.path.length ?? 0) > path.length;
}

function positionOf(source: TaskSource, { path }: TaskSpec): number | undefined {
  return parseTask(source.task)?.path[path.length];
}
