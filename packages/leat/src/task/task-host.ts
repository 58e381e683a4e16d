/** The host of one step (`flow/step-host.ts`): what the step says and asks while it runs. It stores nothing. */
import { LeatError } from '../errors/index.ts';
import type { ForeachLevel, MergeOptions, NextCall, StepHost } from '../flow/step-host.ts';
import type { ItemSource, TaskSpec } from '../plan/task-spec.ts';
import type { FlowFields } from './flow-fields.ts';
import type { JoinedTask, JoinInputs } from './join-inputs.ts';
import { mergeInputs } from './merge-inputs.ts';
import { checkTransition, secondTransition } from './transition-check.ts';

/** What a host needs. */
export interface TaskHostSetting {
  readonly spec: TaskSpec;
  readonly fields: FlowFields;
  /** A join only. */
  readonly inputs: JoinInputs | undefined;
  readonly readItem: (source: ItemSource) => unknown;
}

export class TaskHost implements StepHost {
  readonly #setting: TaskHostSetting;
  readonly foreachStack: readonly ForeachLevel[];
  #call: NextCall | undefined;

  constructor(setting: TaskHostSetting) {
    this.#setting = setting;
    this.foreachStack = setting.spec.foreach.map(({ step, index, count, item }) => {
      let read: { readonly value: unknown } | undefined;
      return {
        step,
        index,
        count,
        get item(): unknown {
          read ??= { value: setting.readItem(item) };
          return read.value;
        },
      };
    });
  }

  /** What the step has said, if it has. */
  get call(): NextCall | undefined {
    return this.#call;
  }

  next(call: NextCall): void {
    const { step, next } = this.#setting.spec;
    if (this.#call !== undefined) throw secondTransition(step, this.#call, call);
    checkTransition(step, next, call);
    this.#call = call;
  }

  merge(inputs: unknown, options: MergeOptions): void {
    const { fields, spec } = this.#setting;
    const tasks = this.#tasksOf(inputs);
    const isTaken = (name: string): boolean => fields.isParameter(name) || fields.isSet(name);
    fields.inherit(mergeInputs({ step: spec.step, tasks, options, isTaken }));
  }

  get input(): unknown {
    return this.foreachStack.at(-1)?.item;
  }

  get index(): number | undefined {
    return this.foreachStack.at(-1)?.index;
  }

  #tasksOf(inputs: unknown): Iterable<JoinedTask> {
    const { spec, inputs: own } = this.#setting;
    if (own === undefined) {
      throw new LeatError(
        'STEP_MISUSE',
        `this.merge(inputs) was called in step '${spec.step}', which is no join`,
        {
          hint: 'Only a step that takes Inputs has something to merge.',
        },
      );
    }
    if (inputs === own.list) return own.tasks();
    if (typeof inputs === 'object' && inputs !== null && Symbol.iterator in inputs)
      return tasksOf(inputs as Iterable<unknown>, own, () => this.#notInputs());
    throw this.#notInputs();
  }

  #notInputs(): LeatError {
    return new LeatError(
      'STEP_MISUSE',
      `this.merge(…) in step '${this.#setting.spec.step}' got something that is not the step's inputs`,
      {
        hint: 'Give it the argument of the step, or what was filtered from it: this.merge(inputs).',
      },
    );
  }
}

/** One after the other: there may be a million. */
function* tasksOf(
  entries: Iterable<unknown>,
  own: JoinInputs,
  notInputs: () => LeatError,
): Generator<JoinedTask> {
  for (const entry of entries) {
    const task = own.taskOf(entry);
    if (task === undefined) throw notInputs();
    yield task;
  }
}
