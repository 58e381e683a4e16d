import { LeatError } from '../errors/index.ts';
import type { NextCall } from './step-host.ts';
import { stepRecord } from './step-registry.ts';

const forms =
  'this.next(this.a), this.next(this.a, this.b), this.next(this.a, { foreach: items }), this.next({ x: this.a, y: this.b }, { by: this.kind })';

/**
 * Turns the arguments of `this.next(…)` into names. The compiler has checked them for most users; this is for the rest.
 *
 * @throws LeatError TRANSITION_INVALID with the form that was probably meant
 */
export function readNextCall(call: readonly unknown[]): NextCall {
  const [first, second] = call;
  if (call.length === 0) throw invalid('this.next() was called without a step', `Write one of ${forms}.`);
  if (typeof first !== 'function' && isRecord(first)) return readSwitch(first, second, call.length);
  if (call.length === 2 && typeof second !== 'function' && isRecord(second))
    return readOptions(first, second);
  const targets = call.map((target, at) => targetName(target, `argument ${at + 1}`));
  return targets.length === 1
    ? { kind: 'linear', targets: [targets[0] as string] }
    : { kind: 'branch', targets };
}

function readOptions(step: unknown, options: Readonly<Record<string, unknown>>): NextCall {
  const target = targetName(step, 'argument 1');
  if ('parallel' in options) {
    throw invalid(
      `this.next(this.${target}, { parallel: … }) is not supported yet`,
      'Gangs come in a later version of Leat.',
    );
  }
  if (!('foreach' in options)) {
    throw invalid(
      `this.next(this.${target}, …) got options without 'foreach': ${listKeys(options)}`,
      `Write one of ${forms}.`,
    );
  }
  const items = options['foreach'];
  if (!isIterable(items)) {
    throw invalid(
      `the foreach over '${target}' got ${describe(items)}, expected an array or an iterable`,
      'Pass an array, a Set, a generator, or an async iterable such as a stream.',
    );
  }
  return { kind: 'foreach', target, items };
}

function readSwitch(cases: Readonly<Record<string, unknown>>, options: unknown, count: number): NextCall {
  if (count !== 2 || !isRecord(options) || !('by' in options)) {
    throw invalid(
      "this.next({ … }) needs its choice as the second argument: '{ by: … }'",
      `Write one of ${forms}.`,
    );
  }
  const names = Object.fromEntries(
    Object.entries(cases).map(([key, target]) => [key, targetName(target, `case '${key}'`)]),
  );
  const choice = options['by'];
  const key =
    typeof choice === 'string' || typeof choice === 'number' || typeof choice === 'boolean'
      ? String(choice)
      : undefined;
  if (key === undefined || !Object.hasOwn(names, key)) {
    throw invalid(
      `the switch got ${describe(choice)}, which is none of its cases: ${listKeys(cases)}`,
      'Add a case for this value, or make sure that the field is set before this.next(…).',
    );
  }
  return { kind: 'switch', cases: names, choice: key };
}

function targetName(target: unknown, where: string): string {
  const record = stepRecord(target);
  if (record?.marked) return record.name;
  if (typeof target === 'function') {
    const name = target.name || 'an anonymous function';
    throw invalid(
      `${where} of this.next(…) is '${name}', which is not a step`,
      name.startsWith('bound ')
        ? 'Pass the method itself, without bind.'
        : 'Mark the method with @step, or pass one that is.',
    );
  }
  throw invalid(
    `${where} of this.next(…) is ${describe(target)}, expected a step of the flow`,
    `Write one of ${forms}.`,
  );
}

function invalid(message: string, hint: string): LeatError {
  return new LeatError('TRANSITION_INVALID', message, { hint });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isIterable(value: unknown): value is Iterable<unknown> | AsyncIterable<unknown> {
  // A string is iterable, but a foreach over its letters is nearly always a mistake for a foreach over a list.
  if (!isRecord(value)) return false;
  return (
    typeof value[Symbol.iterator as never] === 'function' ||
    typeof value[Symbol.asyncIterator as never] === 'function'
  );
}

function listKeys(record: object): string {
  const keys = Object.keys(record);
  return keys.length === 0 ? 'none' : keys.map((key) => `'${key}'`).join(', ');
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined (is the name right, and the field set?)';
  if (value === null) return 'null';
  if (typeof value === 'string')
    return `the string '${value.length > 40 ? `${value.slice(0, 40)}…` : value}'`;
  if (typeof value === 'object') return `an object of ${value.constructor?.name || 'no class'}`;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : `a ${typeof value}`;
}
