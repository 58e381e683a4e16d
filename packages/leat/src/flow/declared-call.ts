import { LeatError } from '../errors/index.ts';
import type { DeclaredEdges } from './description.ts';
import type { NextCall } from './step-host.ts';
import { stepRecord } from './step-registry.ts';

/**
 * The transition that `@step({ next, … })` declares, for a step that has returned without `this.next(…)`. Reads the
 * field of a foreach or a switch from the flow object.
 *
 * @returns `undefined` when the step declares nothing
 * @throws LeatError TRANSITION_INVALID when the field does not hold what it should
 */
export function declaredCall(flow: object, step: string): NextCall | undefined {
  const fields = flow as Readonly<Record<string, unknown>>;
  const edges: DeclaredEdges | undefined = stepRecord(fields[step])?.declared;
  if (edges?.next === undefined) return undefined;
  const { next, foreach, by } = edges;
  if (typeof next === 'string') {
    return foreach === undefined
      ? { kind: 'linear', targets: [next] }
      : { kind: 'foreach', target: next, items: itemsOf(fields[foreach], foreach) };
  }
  if (isList(next))
    return next.length === 1
      ? { kind: 'linear', targets: [next[0] as string] }
      : { kind: 'branch', targets: next };
  const choice = String(fields[by as string]);
  if (Object.hasOwn(next, choice)) return { kind: 'switch', cases: next, choice };
  throw new LeatError(
    'TRANSITION_INVALID',
    `field '${by}' is '${choice}', which is none of the cases ${Object.keys(next).join(', ')}`,
  );
}

function isList(next: unknown): next is readonly string[] {
  return Array.isArray(next);
}

function itemsOf(value: unknown, field: string): Iterable<unknown> | AsyncIterable<unknown> {
  if (
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  )
    return value as Iterable<unknown>;
  throw new LeatError(
    'TRANSITION_INVALID',
    `field '${field}' holds no items: expected an array or an iterable, got ${value === undefined ? 'undefined' : typeof value}`,
  );
}
