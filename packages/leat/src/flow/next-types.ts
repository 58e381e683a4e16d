/**
 * The types behind `this.next(…)`. One signature takes every shape, because a wrong call of an overloaded method is
 * reported against the last or against all overloads; here each argument gets the one complaint that is about it. A
 * complaint in words is a string literal type that no argument fits.
 */
import type { AnyStep, joins } from './inputs.ts';

/** What a foreach may run over; read once, after the step has returned. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

type Cases = Readonly<Record<string, AnyStep>>;

type IsAny<T> = 0 extends 1 & T ? true : false;

/** What a step's parameter asks for. A parameter of type `any` fits every transition: the graph decides then. */
export type Asks<S> = S extends (...args: infer P) => unknown
  ? P extends readonly []
    ? 'nothing'
    : P extends readonly [item?: infer I]
      ? IsAny<I> extends true
        ? 'anything'
        : NonNullable<I> extends { readonly [joins]: true }
          ? 'inputs'
          : 'item'
      : 'too much'
  : 'no step';

/** The type of a step's item. */
export type ItemOf<S> = S extends (item: infer I) => unknown ? (unknown extends I ? unknown : I) : never;

/** The check of the `K`th argument of a call: the argument's own type when it is right, else what was expected. */
export type NextArgument<A extends readonly unknown[], K> = A extends readonly [
  AnyStep,
  { readonly foreach: infer X },
]
  ? K extends '0'
    ? ForeachTarget<A[0]>
    : { readonly foreach: ForeachItems<X, ItemOf<A[0]>> }
  : A extends readonly [AnyStep, { readonly parallel: unknown }]
    ? 'a gang, { parallel: … }, comes in a later version'
    : A extends readonly [Cases, ...unknown[]]
      ? SwitchArgument<A, K>
      : K extends keyof A
        ? PlainTarget<A[K], A['length']>
        : never;

type ForeachTarget<S> =
  Asks<S> extends 'inputs' ? 'a foreach cannot go straight into a join: put a step between' : S;

// Against the shape that was given, so that the compiler can speak of the element instead of the iterator protocol. A map has all that a
// set has, but its items are pairs.
type ForeachItems<X, Item> = X extends string
  ? 'a foreach over the letters of a string: write [...text] if that is meant'
  : X extends readonly unknown[]
    ? readonly Item[]
    : X extends ReadonlyMap<unknown, unknown>
      ? Iterable<Item>
      : X extends ReadonlySet<unknown>
        ? ReadonlySet<Item>
        : X extends Iterable<unknown>
          ? Iterable<Item>
          : X extends AsyncIterable<unknown>
            ? AsyncIterable<Item>
            : Items<Item>;

type SwitchArgument<A extends readonly [Cases, ...unknown[]], K> = K extends '0'
  ? A extends readonly [Cases, unknown]
    ? { readonly [C in keyof A[0]]: PlainTarget<A[0][C], 1> }
    : 'a switch needs its choice: this.next({ … }, { by: this.field })'
  : K extends '1'
    ? { readonly by: ChoiceOf<keyof A[0]> }
    : 'a switch takes its cases and { by: … }, nothing else';

/** The values that choose a case: its key, and the boolean or the number that is written like it. */
type ChoiceOf<Key> =
  | Key
  | (Key extends number
      ? `${Key}`
      : Key extends 'true'
        ? true
        : Key extends 'false'
          ? false
          : Key extends `${infer Written extends number}`
            ? Written
            : never);

type PlainTarget<S, Count> = S extends AnyStep
  ? Asks<S> extends 'item'
    ? 'this step takes an item: reach it with { foreach: … }'
    : S
  : S extends object
    ? Count extends 2
      ? { readonly foreach: Items<never> } | { readonly by: string }
      : 'not a step: write this.next(this.someStep)'
    : 'not a step: write this.next(this.someStep)';

/** The arguments of a call of `this.next`, each checked. */
export type NextCallArguments<A extends readonly unknown[]> = {
  [K in keyof A]: NextArgument<A, K> extends infer Expected
    ? A[K] extends Expected
      ? A[K]
      : Expected
    : never;
};
