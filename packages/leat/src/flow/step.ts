import { LeatError } from '../errors/index.ts';
import type { DeclaredEdges } from './description.ts';
import type { Flow } from './flow.ts';
import { decorated } from './hang.ts';
import { checkedStepOptions, type MarkedStep, type StepCallOptions } from './step-options.ts';
import { noteReplacedStep, stepRecord } from './step-registry.ts';
import type { AnyStep, StepName } from './inputs.ts';
import type { Asks, ItemOf } from './next-types.ts';

/** A method that `@step` may stand on. */
export type StepLike<F extends Flow, A extends readonly unknown[], R> = (this: F, ...args: A) => R;

/** `Context` when the method's form is that of a step, else the complaint. */
type Formed<A extends readonly unknown[], R, Context> = A extends readonly [] | readonly [argument?: unknown]
  ? [R] extends [void | Promise<void>]
    ? Context
    : 'a step returns nothing: store results in fields of this'
  : 'a step takes at most one argument: the item of its foreach, or Inputs';

type Targets<N> = N extends string ? N : N extends readonly (infer T)[] ? T & string : N[keyof N] & string;

/** Edges that fit the flow `F`: themselves, else the complaint. */
export type CheckedEdges<F, E extends DeclaredEdges> = E extends { readonly next: infer N }
  ? [Targets<N>] extends [StepName<F>]
    ? E extends { readonly foreach: infer K extends string }
      ? ForeachField<F, N, K>
      : E extends { readonly by: infer K extends string }
        ? ByField<F, N, K>
        : PlainEdges<F, Targets<N>>
    : `'next' names '${Exclude<Targets<N>, StepName<F>>}', which is no method of this flow`
  : E extends { readonly foreach: string } | { readonly by: string }
    ? `'next' is missing`
    : unknown;

type ForeachField<F, N, K extends string> = K extends keyof F
  ? N extends keyof F
    ? Exclude<F[K], string> extends Iterable<infer T> | AsyncIterable<infer T>
      ? [T] extends [ItemOf<F[N]>]
        ? unknown
        : `the items of '${K}' do not fit the parameter of '${N & string}'`
      : `foreach field '${K}' is not iterable`
    : `a foreach has one step as its 'next'`
  : `foreach names '${K}', which is no field of this flow`;

type ByField<F, N, K extends string> = K extends keyof F
  ? [`${F[K] & (string | number | boolean)}`] extends [`${keyof N & (string | number)}`]
    ? unknown
    : `field '${K}' can hold a value that is no case`
  : `by names '${K}', which is no field of this flow`;

type PlainEdges<F, T extends string> = { [K in T & keyof F]: Asks<F[K]> extends 'item' ? K : never }[T &
  keyof F] extends infer Bad
  ? [Bad] extends [never]
    ? unknown
    : `step '${Bad & string}' takes an item: reach it with { foreach: … }`
  : never;

type EdgesContext<F, E extends DeclaredEdges> =
  unknown extends CheckedEdges<F, E> ? ClassMethodDecoratorContext<F> : CheckedEdges<F, E>;

/**
 * Marks a method as a step. Its transition is read from its source; `@step({ next, … })` declares one that cannot be
 * read, such as a `this.next` behind a function call. `@step({ isolation: 'reuse' })` lets one process run many tasks of a step that
 * takes too little time to deserve a process for each; `@step({ chunk: 100 })` says how many.
 *
 * A step takes nothing, the item of its foreach, or the `Inputs` of the split that it joins; it returns nothing, and may be async.
 *
 * @example
 * @step start() { this.next(this.train, { foreach: this.countries }); }
 * @step({ next: 'train', foreach: 'countries' }) start() { goOn(this); }
 * @step({ next: { big: 'cloud', small: 'laptop' }, by: 'size' }) choose() { goOn(this); }
 * @step({ isolation: 'reuse' }) score(row: Row) { this.next(this.sum); }
 * @throws LeatError OPTION_INVALID
 */
export function step<const E extends StepCallOptions>(
  options: E,
): <F extends Flow, A extends readonly unknown[], R>(
  method: StepLike<F, A, R>,
  context: Formed<A, R, EdgesContext<F, E>>,
) => void;
// The bare form stands last: the compiler explains a wrong use by the last overload.
export function step<F extends Flow, A extends readonly unknown[], R>(
  method: StepLike<F, A, R>,
  context: Formed<A, R, ClassMethodDecoratorContext<F, StepLike<F, A, R>>>,
): void;
export function step(...call: readonly unknown[]): unknown {
  if (call.length >= 2) return mark(call[0] as object, call[1], step);
  const options = checkedStepOptions('@step', call[0] as StepCallOptions);
  const decorate = (method: object, context: unknown): void => mark(method, context, decorate, options);
  return decorate;
}

/** Marks a method as a step; `caller` is left out of the recorded stack. Used by `@step` and `steps(…)`. */
export function mark(method: object, context: unknown, caller: AnyStep, options?: MarkedStep): void {
  const record = decorated('@step', method, context, caller as never);
  if (record.marked) {
    throw new LeatError(
      'FLOW_INVALID',
      `step '${record.name}' carries @step twice, or the class has two methods of this name`,
      { hint: 'Keep one of the two.' },
    );
  }
  record.marked = true;
  (context as Partial<ClassMethodDecoratorContext<Flow>>).addInitializer?.(function noteReplaced(
    this: Flow,
  ): void {
    const held = (this as unknown as Readonly<Record<string, unknown>>)[record.name];
    if (stepRecord(held)?.marked !== true) noteReplacedStep(this, record.name);
  });
  if (options === undefined) return;
  record.decorators = { ...record.decorators, ...options.decorators };
  if (Object.keys(options.declared).length > 0) record.declared = options.declared;
}
