/** Whether the state that an engine ends with is the one that its log comes to. */
import { isDeepStrictEqual } from 'node:util';
import type { SchedulerState } from '../state/state.ts';

/** Where two states that have ended differ; `undefined`: nowhere. */
export const differenceOf = (told: SchedulerState, logged: SchedulerState): string | undefined =>
  firstDifference(plain(told), plain(logged));

/** A state that has ended, without the stories of its tasks, which are for people: what is said twice is in them twice. */
function plain(state: SchedulerState): unknown {
  const { plan: _plan, table: _table, ...rest } = state;
  forgetStories(rest, new Set());
  return rest;
}

function forgetStories(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  if ('story' in value && Array.isArray(value.story)) value.story.length = 0;
  for (const inner of value instanceof Map || value instanceof Set ? value.values() : Object.values(value))
    forgetStories(inner, seen);
}

/** Where two values differ, for a person. */
function firstDifference(told: unknown, logged: unknown, at = 'state'): string | undefined {
  if (isDeepStrictEqual(told, logged)) return undefined;
  const inner = (value: unknown): Map<unknown, unknown> | undefined => {
    if (value instanceof Map) return value;
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  };
  const [a, b] = [inner(told), inner(logged)];
  if (a === undefined || b === undefined || at.length > 200)
    return `${at} is ${String(told)} and ${String(logged)}`;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    if (!isDeepStrictEqual(a.get(key), b.get(key)) || a.has(key) !== b.has(key))
      return firstDifference(a.get(key), b.get(key), `${at}.${String(key)}`) ?? `${at}.${String(key)}`;
  }
  return at;
}
