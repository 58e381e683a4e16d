import type { Assignment } from './graph.ts';
import {
  type AnyNode,
  childrenOf,
  hasOwnThis,
  type ParsedMethod,
  propertyName,
  rangeOf,
  thisMember,
} from './parse-method.ts';
import type { SourceRange } from './problem.ts';

/** The fields of `this` that a step's source mentions. */
export interface FieldUse {
  readonly assigns: readonly Assignment[];
  readonly reads: readonly string[];
  /** Those of `reads` that are taken as possibly unset somewhere: `this.a?.b`, `this.a ?? b`, `this.a === undefined`. */
  readonly guards: readonly string[];
  /** Where each assigned field is assigned first. */
  readonly places: ReadonlyMap<string, SourceRange>;
}

/**
 * Finds the fields that a method assigns and reads. `always` holds for a field that is assigned on every way through
 * the method: at the top level, or in both arms of an `if`.
 */
export function readFields(method: ParsedMethod): FieldUse {
  const found: Found = { assigned: new Map(), read: new Set(), guarded: new Set() };
  for (const parameter of method.parameters) visit(parameter, found);
  const always = visit(method.body, found);
  const assigns = [...found.assigned.keys()].map((name) => ({ name, always: always.has(name) }));
  const places = new Map([...found.assigned].map(([name, node]) => [name, rangeOf(method, node)]));
  return { assigns, reads: [...found.read], guards: [...found.guarded], places };
}

interface Found {
  readonly assigned: Map<string, AnyNode>;
  readonly read: Set<string>;
  readonly guarded: Set<string>;
}

type Names = ReadonlySet<string>;

const none: Names = new Set();

/** Notes all that is in `node`, and returns what it assigns for certain. */
function visit(node: AnyNode | undefined | null, found: Found): Names {
  if (node === undefined || node === null || hasOwnThis(node)) return none;
  const guarded = guardedField(node);
  if (guarded !== undefined) found.guarded.add(guarded);
  return (visitors[node.type] ?? visitAll)(node, found);
}

/** Where in an expression a field stands that it takes as possibly unset. `||` and `!` are no sign of it: they are how booleans are read. */
const guards: Readonly<Record<string, (node: AnyNode) => string | undefined>> = {
  MemberExpression: (node) => (node['optional'] === true ? 'object' : undefined),
  CallExpression: (node) => (node['optional'] === true ? 'callee' : undefined),
  LogicalExpression: (node) => (node['operator'] === '??' ? 'left' : undefined),
  AssignmentExpression: (node) => (node['operator'] === '??=' ? 'left' : undefined),
  UnaryExpression: (node) => (node['operator'] === 'typeof' ? 'argument' : undefined),
  BinaryExpression: (node) => (isNothing(at(node, 'right')) ? 'left' : undefined),
};

function guardedField(node: AnyNode): string | undefined {
  const where = guards[node.type]?.(node);
  return where === undefined ? undefined : thisMember(at(node, where));
}

/** `undefined`, `null`, and the `void 0` of minifiers. */
function isNothing(node: AnyNode | undefined): boolean {
  if (node?.type === 'Identifier') return node['name'] === 'undefined';
  if (node?.type === 'Literal') return node['raw'] === 'null';
  return node?.type === 'UnaryExpression' && node['operator'] === 'void';
}

const at = (node: AnyNode, field: string): AnyNode | undefined => node[field] as AnyNode | undefined;

function visitAll(node: AnyNode, found: Found): Names {
  const field = thisMember(node);
  if (field !== undefined) found.read.add(field);
  return union(childrenOf(node).map((child) => visit(child, found)));
}

/** What runs for certain is in `sure`; all the rest is noted only. */
const sureOf =
  (...sure: readonly string[]) =>
  (node: AnyNode, found: Found): Names => {
    const certain = sure.map((field) => visit(at(node, field), found));
    const skipped = new Set(sure.map((field) => node[field]));
    for (const child of childrenOf(node)) if (!skipped.has(child)) visit(child, found);
    return union(certain);
  };

const eitherOf =
  (first: string, second: string) =>
  (node: AnyNode, found: Found): Names => {
    const test = visit(at(node, 'test'), found);
    const [left, right] = [visit(at(node, first), found), visit(at(node, second), found)];
    return union([test, left.intersection(right)]);
  };

const visitors: Readonly<Record<string, (node: AnyNode, found: Found) => Names>> = {
  AssignmentExpression: visitAssignment,
  UpdateExpression: (node, found) => {
    const field = thisMember(at(node, 'argument'));
    if (field === undefined) return visitAll(node, found);
    found.read.add(field);
    return assign(field, node, found);
  },
  VariableDeclarator: (node, found) => {
    // `const { a, b } = this` reads both.
    if (at(node, 'init')?.type === 'ThisExpression') readPattern(at(node, 'id'), found);
    return visitAll(node, found);
  },
  IfStatement: eitherOf('consequent', 'alternate'),
  ConditionalExpression: eitherOf('consequent', 'alternate'),
  LogicalExpression: sureOf('left'),
  ChainExpression: sureOf(),
  AssignmentPattern: sureOf('left'),
  ArrowFunctionExpression: sureOf(),
  ForStatement: sureOf('init', 'test'),
  ForInStatement: visitForEach,
  ForOfStatement: visitForEach,
  WhileStatement: sureOf('test'),
  DoWhileStatement: sureOf(),
  LabeledStatement: sureOf(),
  SwitchStatement: sureOf('discriminant'),
  TryStatement: (node, found) => {
    const block = visit(at(node, 'block'), found);
    const handler = at(node, 'handler');
    const handled = visit(handler, found);
    const last = visit(at(node, 'finalizer'), found);
    // Without a handler an exception leaves the step.
    return union([last, handler ? block.intersection(handled) : block]);
  },
};

function visitAssignment(node: AnyNode, found: Found): Names {
  const operator = node['operator'] as string;
  const left = node['left'] as AnyNode;
  if (operator === '=' && at(node, 'right')?.type === 'ThisExpression') readPattern(left, found);
  const value = visit(at(node, 'right'), found);
  const field = thisMember(left);
  if (field !== undefined && operator !== '=') found.read.add(field);
  const assigned = assignTargets(left, found);
  if (operator === '&&=') return none;
  return operator === '??=' || operator === '||=' ? assigned : union([value, assigned]);
}

function visitForEach(node: AnyNode, found: Found): Names {
  const certain = visit(at(node, 'right'), found);
  const left = at(node, 'left');
  if (left?.type === 'VariableDeclaration') visit(left, found);
  else if (left !== undefined) assignTargets(left, found);
  visit(at(node, 'body'), found);
  return certain;
}

/** Notes the fields that stand as targets in a pattern such as `[this.a, { b: this.c = 1 }]`. */
function assignTargets(target: AnyNode, found: Found): Names {
  const field = thisMember(target);
  if (field !== undefined) return assign(field, target, found);
  switch (target.type) {
    case 'ArrayPattern':
      return union(
        (target['elements'] as (AnyNode | null)[]).map((each) => (each ? assignTargets(each, found) : none)),
      );
    case 'ObjectPattern':
      return union(
        (target['properties'] as AnyNode[]).map((each) =>
          assignTargets((at(each, 'value') ?? at(each, 'argument')) as AnyNode, found),
        ),
      );
    case 'AssignmentPattern':
      visit(at(target, 'right'), found);
      return assignTargets(target['left'] as AnyNode, found);
    case 'RestElement':
      return assignTargets(target['argument'] as AnyNode, found);
    default:
      // `this.table.rows = 1` changes what the field holds.
      visit(target, found);
      return none;
  }
}

function readPattern(pattern: AnyNode | undefined, found: Found): void {
  if (pattern?.type !== 'ObjectPattern') return;
  for (const property of pattern['properties'] as AnyNode[]) {
    const name = propertyName(property);
    if (name !== undefined) found.read.add(name);
  }
}

function assign(field: string, node: AnyNode, found: Found): Names {
  if (!found.assigned.has(field)) found.assigned.set(field, node);
  return new Set([field]);
}

function union(sets: readonly Names[]): Names {
  const filled = sets.filter((set) => set.size > 0);
  if (filled.length < 2) return filled[0] ?? none;
  return new Set(filled.flatMap((set) => [...set]));
}
