import type { Node } from 'acorn';
import { type AnyNode, childrenOf, hasOwnThis, type ParsedMethod, thisMember } from './parse-method.ts';

/** A call of `this.next` and how it stands in the method. */
export interface NextSite {
  readonly call: AnyNode;
  /** `last`: the method always ends with it. */
  readonly stands: 'last' | 'early' | 'conditional';
  /** It stands in a `try`, a `catch` or a `finally`, and under no other condition. */
  readonly inTry?: true;
}

/** All that a method's source says of `this.next`. */
export interface NextSites {
  readonly calls: readonly NextSite[];
  /** Where `this.next` is used without calling it, or `this` under another name: `const { next } = this`. */
  readonly alias?: AnyNode;
  /** A `return` that leaves the method before its end. */
  readonly earlyReturn?: AnyNode;
}

/** Finds every call of the method's own `this.next`; those of nested functions and classes have another `this`. */
export function findNext({ body }: ParsedMethod): NextSites {
  const last = body.type === 'BlockStatement' ? lastCall(statementsOf(body)) : callIn(body);
  const found: Found = { calls: [], last, aliases: [], returns: [] };
  search(body, found, { conditional: false, onlyTry: true, callback: false });
  const [alias] = found.aliases;
  const [earlyReturn] = found.returns;
  return { calls: found.calls, ...(alias && { alias }), ...(earlyReturn && { earlyReturn }) };
}

// tsc and esbuild, babel and swc.
const asyncHelpers = /\b(?:__awaiter|__generator|__async|_?asyncToGenerator|_?async_to_generator)\b/;

/** Whether the method is what a compiler makes of an async one for targets before ES2017; minified, by what it gives to the helper. */
export function isDownLevelled({ body, source }: ParsedMethod): boolean {
  if (body.type !== 'BlockStatement') return false;
  return statementsOf(body).some((statement) => {
    const call = statement.type === 'ReturnStatement' ? (statement['argument'] as AnyNode | null) : undefined;
    return call?.type === 'CallExpression' && (asyncHelpers.test(source) || holdsGenerator(call));
  });
}

interface Found {
  readonly calls: NextSite[];
  readonly last: AnyNode | undefined;
  readonly aliases: AnyNode[];
  readonly returns: AnyNode[];
}

interface Where {
  /** Within something that may be skipped, or run more than once. */
  readonly conditional: boolean;
  /** Whatever makes it conditional is a `try`. */
  readonly onlyTry: boolean;
  /** Within an arrow: its `return` is not the method's. */
  readonly callback: boolean;
}

const branching = new Set([
  'IfStatement',
  'ConditionalExpression',
  'LogicalExpression',
  'ChainExpression',
  'SwitchStatement',
  'TryStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'LabeledStatement',
  'ArrowFunctionExpression',
  'AssignmentPattern',
]);

function search(node: AnyNode, found: Found, where: Where): void {
  if (hasOwnThis(node)) return;
  if (isNextCall(node)) {
    found.calls.push(siteOf(node, found, where));
    for (const argument of node['arguments'] as AnyNode[]) search(argument, found, where);
    return;
  }
  if (isAlias(node)) found.aliases.push(node);
  if (!where.callback && isEarlyReturn(node, found.last)) found.returns.push(node);
  const inner = within(node, where);
  for (const child of childrenOf(node)) search(child, found, inner);
}

function siteOf(call: AnyNode, { last }: Found, { conditional, onlyTry }: Where): NextSite {
  if (call === last) return { call, stands: 'last' };
  if (!conditional) return { call, stands: 'early' };
  return { call, stands: 'conditional', ...(onlyTry && { inTry: true }) };
}

function within({ type }: AnyNode, where: Where): Where {
  const branches = branching.has(type);
  return {
    conditional: where.conditional || branches,
    onlyTry: where.onlyTry && (!branches || type === 'TryStatement'),
    callback: where.callback || type === 'ArrowFunctionExpression',
  };
}

const isNextCall = (node: AnyNode): boolean =>
  node.type === 'CallExpression' && thisMember(node['callee'] as AnyNode) === 'next';

function isAlias(node: AnyNode): boolean {
  if (thisMember(node) === 'next') return true;
  if (node.type !== 'VariableDeclarator' || (node['init'] as Node | null)?.type !== 'ThisExpression')
    return false;
  const target = node['id'] as AnyNode;
  if (target.type === 'Identifier') return true;
  return (
    (target['properties'] as AnyNode[] | undefined)?.some(
      ({ key }) => (key as { name?: string } | undefined)?.name === 'next',
    ) ?? false
  );
}

// `return this.next(…)` and a bare `return` at the very end are fine: the former holds the last call, the latter stands behind it.
function isEarlyReturn(node: AnyNode, last: AnyNode | undefined): boolean {
  if (node.type !== 'ReturnStatement') return false;
  return last === undefined || node.end < last.start;
}

function lastCall(statements: readonly AnyNode[]): AnyNode | undefined {
  const last = statements.findLast((statement) => !isIdle(statement));
  switch (last?.type) {
    case 'ExpressionStatement':
      return callIn(last['expression'] as AnyNode);
    case 'ReturnStatement':
      return callIn(last['argument'] as AnyNode | null);
    case 'BlockStatement':
      return lastCall(statementsOf(last));
    case 'TryStatement':
      return handlesNothing(last) ? lastCall(statementsOf(last['block'] as AnyNode)) : undefined;
    default:
      return undefined;
  }
}

/** Statements that do nothing where they stand. */
function isIdle(statement: AnyNode): boolean {
  if (statement.type === 'ReturnStatement') return statement['argument'] === null;
  return statement.type === 'EmptyStatement' || statement.type === 'FunctionDeclaration';
}

/** `try { … } finally { … }`, where an error leaves the step; and what compilers make of `using`. */
function handlesNothing(statement: AnyNode): boolean {
  const handler = statement['handler'] as AnyNode | null;
  if (handler === null) return true;
  return statement['finalizer'] !== null && putsErrorAside(statementsOf(handler['body'] as AnyNode));
}

/**
 * The handler that compilers write for `using`; the finalizer throws the error again. esbuild: `var _error = _, _hasError = true`; tsc:
 * `env.error = e; env.hasError = true`.
 */
function putsErrorAside(handler: readonly AnyNode[]): boolean {
  const [first] = handler;
  if (handler.length === 1 && first?.type === 'VariableDeclaration') return true;
  const parts = handler.flatMap((statement) => {
    const expression = statement['expression'] as AnyNode | undefined;
    return expression?.type === 'SequenceExpression'
      ? (expression['expressions'] as AnyNode[])
      : [expression];
  });
  const names = parts.map(
    (part) => (part?.['left'] as AnyNode | undefined)?.['property'] as AnyNode | undefined,
  );
  return names.length === 2 && names[0]?.['name'] === 'error' && names[1]?.['name'] === 'hasError';
}

/** The call that an expression ends with: minifiers join statements by commas. */
function callIn(expression: AnyNode | null | undefined): AnyNode | undefined {
  switch (expression?.type) {
    case 'CallExpression':
      return isNextCall(expression) ? expression : undefined;
    case 'AwaitExpression':
    case 'UnaryExpression':
      return callIn(expression['argument'] as AnyNode);
    case 'SequenceExpression':
      return callIn((expression['expressions'] as AnyNode[]).at(-1));
    default:
      return undefined;
  }
}

function holdsGenerator(node: AnyNode): boolean {
  if (node.type === 'FunctionExpression' && node['generator'] === true) return true;
  return childrenOf(node).some(holdsGenerator);
}

const statementsOf = (block: AnyNode): readonly AnyNode[] => block['body'] as AnyNode[];
