import {
  type AnyNode,
  literalText,
  type ParsedMethod,
  propertyName,
  textOf,
  thisMember,
} from './parse-method.ts';

/** A transition as it is written; names are not looked up yet. */
export type WrittenNext =
  | { readonly kind: 'plain'; readonly to: readonly string[] }
  | { readonly kind: 'foreach'; readonly to: string; readonly over: string }
  | { readonly kind: 'switch'; readonly cases: Readonly<Record<string, string>>; readonly by: string };

/** A call of `this.next` that was read, or what cannot be read in it. */
export type NextReading =
  | { readonly written: WrittenNext }
  | { readonly gang: string }
  | { readonly unreadable: AnyNode; readonly why: string };

/** Reads the arguments of one call of `this.next`. */
export function readNext(method: ParsedMethod, call: AnyNode): NextReading {
  const given = call['arguments'] as readonly AnyNode[];
  const [first, second] = given;
  if (first === undefined) return { unreadable: call, why: 'it names no step' };
  if (first.type === 'ObjectExpression') return readSwitch(method, first, given);
  const options = given.length === 2 && second?.type === 'ObjectExpression' ? second : undefined;
  if (options !== undefined) return readOptions(method, first, options);
  const to: string[] = [];
  for (const argument of given) {
    const target = thisMember(argument);
    if (target === undefined)
      return { unreadable: argument, why: `'${textOf(method, argument)}' is not written as this.step` };
    to.push(target);
  }
  return { written: { kind: 'plain', to } };
}

function readOptions(method: ParsedMethod, first: AnyNode, options: AnyNode): NextReading {
  const target = thisMember(first);
  if (target === undefined)
    return { unreadable: first, why: `'${textOf(method, first)}' is not written as this.step` };
  const values = valuesOf(options);
  if (values?.has('parallel') === true) return { gang: target };
  const items = values?.get('foreach');
  if (items === undefined)
    return { unreadable: options, why: `'${textOf(method, options)}' has no 'foreach' that can be read` };
  return { written: { kind: 'foreach', to: target, over: textOf(method, items) } };
}

function readSwitch(method: ParsedMethod, record: AnyNode, given: readonly AnyNode[]): NextReading {
  const targets = valuesOf(record);
  if (targets === undefined) return { unreadable: record, why: 'its cases are not all written out' };
  const cases: Record<string, string> = {};
  for (const [key, value] of targets) {
    const target = thisMember(value);
    if (target === undefined) return { unreadable: value, why: `case '${key}' is not written as this.step` };
    cases[key] = target;
  }
  const choice = given[1]?.type === 'ObjectExpression' ? valuesOf(given[1])?.get('by') : undefined;
  if (choice === undefined || given.length !== 2)
    return { unreadable: given[1] ?? record, why: 'its second argument is not { by: … }' };
  return { written: { kind: 'switch', cases, by: literalText(choice) ?? textOf(method, choice) } };
}

/** The properties of an object literal; `undefined` when one is computed or spread. */
function valuesOf(record: AnyNode): Map<string, AnyNode> | undefined {
  const values = new Map<string, AnyNode>();
  for (const property of record['properties'] as AnyNode[]) {
    const name = propertyName(property);
    if (name === undefined) return undefined;
    values.set(name, property['value'] as AnyNode);
  }
  return values;
}
