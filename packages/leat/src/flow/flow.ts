/**
 * `Flow`: what a user's class extends. It says what a step may call on `this`, checks the form of the call, and hands it
 * to the host that runs the step (`step-host.ts`). It keeps no state, runs nothing and knows no graph: whether a
 * transition is allowed is decided by the host, whether the graph is right by `graph/`.
 *
 * next: `graph/build-graph.ts`
 */
import { LeatError } from '../errors/index.ts';
import type { Input, InputList } from './inputs.ts';
import { readNextCall } from './next-call.ts';
import type { NextCallArguments } from './next-types.ts';
import { type ForeachLevel, hostOf, type MergeOptions, type StepHost } from './step-host.ts';

/** Names of artifacts for `this.merge`: the fields of the flow that the inputs come from. */
export type MergeNames<T> =
  | { readonly include: readonly Exclude<keyof T & string, keyof Input<Flow>>[]; readonly exclude?: never }
  | { readonly exclude: readonly Exclude<keyof T & string, keyof Input<Flow>>[]; readonly include?: never };

/**
 * A flow: a class whose methods marked `@step` are its steps, from `start` to `end`. Fields are its artifacts.
 *
 * @example
 * export default class HelloFlow extends Flow {
 *   name = parameter('world');
 *   declare greeting: string;
 *
 *   @step start() {
 *     this.greeting = `Hello, ${this.name}!`;
 *     this.next(this.end);
 *   }
 *
 *   @step end() { console.log(this.greeting); }
 * }
 */
export abstract class Flow {
  // Bundles shorten names, and this one is shown.
  static {
    Object.defineProperty(this, 'name', { value: 'Flow' });
  }

  /** The item of the foreach around this task (the innermost one); `undefined` outside any. It is also the step's argument. */
  get input(): unknown {
    return host(this, 'input').input;
  }

  /** The position of {@link input} among the items. Throws STEP_MISUSE outside a foreach: `current.index` is `undefined` there. */
  get index(): number {
    const { index } = host(this, 'index');
    if (index !== undefined) return index;
    throw new LeatError(
      'STEP_MISUSE',
      "'this.index' has no value here: there is no foreach around this step",
      {
        hint: 'Read current.index where a step runs both inside and outside a foreach.',
      },
    );
  }

  /** Every foreach around this task, outermost first. */
  get foreachStack(): readonly ForeachLevel[] {
    return host(this, 'foreachStack').foreachStack;
  }

  /**
   * Says where the run goes on. The last statement of every step but `end`, and never within an `if`.
   *
   * @example
   * this.next(this.train);                                                   // linear
   * this.next(this.clean, this.plot);                                        // branch: all of them, side by side
   * this.next(this.train, { foreach: this.countries });                      // a task for each item
   * this.next({ big: this.cloud, small: this.laptop }, { by: this.size });   // switch: one of them
   */
  next<const A extends readonly [unknown, ...unknown[]]>(...call: NextCallArguments<A>): void {
    const running = host(this, 'next');
    running.next(readNextCall(call));
  }

  /**
   * In a join: takes over the artifacts of the inputs that this step has not set itself. Values that differ between the
   * inputs are an error that names them (MERGE_CONFLICT): set them in the join first, or leave them out.
   *
   * @example
   * this.merge(inputs);
   * this.merge(inputs, { exclude: ['model'] });
   */
  merge<T>(inputs: InputList<T>, options?: MergeNames<T>): void {
    const running = host(this, 'merge');
    const { include, exclude } = (options ?? {}) as MergeOptions;
    if (include !== undefined && exclude !== undefined) {
      throw new LeatError('STEP_MISUSE', 'this.merge(inputs, …) got both include and exclude', {
        hint: 'Give one of them.',
      });
    }
    running.merge(inputs, { ...(include && { include }), ...(exclude && { exclude }) });
  }
}

const brand: symbol = Symbol.for('leat.flow/1');
Object.defineProperty(Flow, brand, { value: true });

/** A flow class, whichever copy of this module its `Flow` came from. */
export type FlowClass = abstract new () => Flow;

/** Whether a value is a class that extends `Flow` (`Flow` itself is none). */
export function isFlowClass(value: unknown): value is FlowClass {
  if (typeof value !== 'function' || Object.hasOwn(value, brand)) return false;
  return (value as unknown as Record<symbol, unknown>)[brand] === true;
}

function host(flow: Flow, member: string): StepHost {
  const running = hostOf(flow);
  if (running !== undefined) return running;
  const call = member === 'next' || member === 'merge' ? `this.${member}(…)` : `this.${member}`;
  throw new LeatError(
    'STEP_MISUSE',
    `'${call}' has a meaning only while a step of '${flow.constructor.name}' runs`,
    {
      hint: 'Run the flow with `npx leat run <file>`, or a single step with testStep from leat/testing. After the step has ended its callbacks must not use it.',
    },
  );
}
