/**
 * What decorators have hung on methods. One registry serves every copy of this module in the process: the user's bundle
 * inlines its own, the engine and the runner have theirs.
 */
import type { DeclaredEdges, StepDecorators } from './description.ts';

/** All that is known of a method that carries a decorator of ours; `marked` once it is a step. */
export interface StepRecord {
  readonly name: string;
  marked: boolean;
  declared?: DeclaredEdges;
  decorators: StepDecorators;
  /** Holds the stack of the first decorator's call, so that the file of the flow can be found; parsed only when asked for. */
  readonly definedAt: { readonly stack?: string };
}

const key = Symbol.for('leat.steps/1');

function registry(): WeakMap<object, StepRecord> {
  const shared = globalThis as { [key]?: WeakMap<object, StepRecord> };
  return (shared[key] ??= new WeakMap());
}

/** The record of a method, or `undefined` for one without decorators. */
export function stepRecord(method: unknown): StepRecord | undefined {
  return typeof method === 'function' ? registry().get(method) : undefined;
}

/** The record of a method, made when this is its first decorator. `caller` is left out of the recorded stack. */
export function openStepRecord(
  method: object,
  name: string,
  caller: (...args: never[]) => unknown,
): StepRecord {
  const known = registry().get(method);
  if (known !== undefined) return known;
  const definedAt: { stack?: string } = {};
  Error.captureStackTrace(definedAt, caller);
  const record: StepRecord = { name, marked: false, decorators: {}, definedAt };
  registry().set(method, record);
  return record;
}

const replaced: unique symbol = Symbol.for('leat.replaced/1') as never;

/** Notes on a flow object that its class holds another function in the place of a step: another decorator has wrapped it. */
export function noteReplacedStep(flow: object, name: string): void {
  const noted = replacedSteps(flow);
  Object.defineProperty(flow, replaced, { value: [...noted, name], configurable: true });
}

/** The names that {@link noteReplacedStep} has noted. */
export function replacedSteps(flow: object): readonly string[] {
  return (flow as { [replaced]?: readonly string[] })[replaced] ?? [];
}
