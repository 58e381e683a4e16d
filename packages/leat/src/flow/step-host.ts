/**
 * The border between a flow object and whoever runs one of its steps (`task/`, the test helpers). `Flow.prototype.next`,
 * `merge`, `input`, `index` and `foreachStack` only ask the host that is attached to the instance; without one they
 * throw STEP_MISUSE. Nothing here may know of manifests, datastores or processes.
 *
 * How a task drives a flow:
 *
 *     const flow = new FlowClass();               // fields hold placeholders where `parameter(…)` stood
 *     // … put parameters and artifacts in place …
 *     attachHost(flow, host);
 *     await flow[step](argument);                 // nothing, the item, or the Inputs
 *     // host.next was called exactly once, or never by `end`
 */

/**
 * What a step said with `this.next(…)`: step names instead of methods. Whether the graph allows it is the host's
 * question; `flow/` has only made sure that each target is a step of some flow.
 */
export type NextCall =
  | { readonly kind: 'linear'; readonly targets: readonly [string] }
  /** Two or more, in the order of the call. */
  | { readonly kind: 'branch'; readonly targets: readonly string[] }
  /** `items` is handed over as the user gave it and has not been touched: it may be lazy, infinite or fail. */
  | {
      readonly kind: 'foreach';
      readonly target: string;
      readonly items: Iterable<unknown> | AsyncIterable<unknown>;
    }
  /** `cases` in the order of the call. `choice` is one of its keys: checked here. */
  | { readonly kind: 'switch'; readonly cases: Readonly<Record<string, string>>; readonly choice: string };

/** Options of `this.merge(inputs, …)`; at most one of the two is given: checked by `Flow`. */
export interface MergeOptions {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** One foreach around a task. */
export interface ForeachLevel {
  /** The step that made the split. */
  readonly step: string;
  readonly index: number;
  readonly count: number;
  /** Loaded on first touch. */
  readonly item: unknown;
}

/** What runs a step on a flow object. Every method is synchronous; an error that it throws reaches the user's step. */
export interface StepHost {
  /** Records the transition. Throws TRANSITION_INVALID on a second call or on a call that the graph does not allow. */
  next(call: NextCall): void;
  /** `inputs` is the object that the host made for the join. Throws MERGE_CONFLICT, STEP_MISUSE outside a join. */
  merge(inputs: unknown, options: MergeOptions): void;
  /** The item of the innermost foreach; `undefined` outside any. */
  readonly input: unknown;
  /** The position of that item; `undefined` outside any. */
  readonly index: number | undefined;
  /** Outermost first. */
  readonly foreachStack: readonly ForeachLevel[];
}

// A registered symbol: the user's bundle and the runner have copies of this module of their own.
const hostKey: unique symbol = Symbol.for('leat.host/1') as never;

interface Hosted {
  [hostKey]?: StepHost;
}

/** Attaches `host` to a flow object; a later call replaces it. The property is hidden: it is no artifact. */
export function attachHost(flow: object, host: StepHost): void {
  Object.defineProperty(flow, hostKey, {
    value: host,
    enumerable: false,
    configurable: true,
    writable: false,
  });
}

/** Takes the host away, so that a callback that outlives its step cannot reach the next one. */
export function detachHost(flow: object): void {
  delete (flow as Hosted)[hostKey];
}

/** The host of a flow object, or `undefined` when no step of it is running. */
export function hostOf(flow: object): StepHost | undefined {
  return (flow as Hosted)[hostKey];
}
