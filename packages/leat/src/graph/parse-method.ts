import { type Node, parseExpressionAt } from 'acorn';
import type { SourceRange } from './problem.ts';

/** A node with all its fields, for walks that do not care which kind it is. */
export type AnyNode = Node & Readonly<Record<string, unknown>>;

/** A method's text as a tree. Offsets in it are `shift` larger than those in the text. */
export interface ParsedMethod {
  readonly source: string;
  readonly shift: number;
  readonly body: AnyNode;
  readonly parameters: readonly AnyNode[];
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
}

/**
 * Parses what `method.toString()` gives, whichever compiler wrote it: a method, an async one, one with a computed name,
 * or, where another decorator replaced it, a function or an arrow.
 *
 * @returns `undefined` for what is none of these, such as native code
 */
export function parseMethod(source: string): ParsedMethod | undefined {
  const method = tryParse(`({${source}\n})`);
  const property = method?.type === 'ObjectExpression' ? (method['properties'] as AnyNode[])[0] : undefined;
  if (property?.type === 'Property') return asParsed(source, 2, property['value'] as AnyNode);
  const expression = tryParse(`(${source}\n)`);
  return expression === undefined ? undefined : asParsed(source, 1, expression);
}

/** The characters of the method's text that a node covers. */
export function rangeOf({ shift }: ParsedMethod, node: Node): SourceRange {
  return { start: node.start - shift, end: node.end - shift };
}

/** The text of a node on one line, shortened for messages. */
export function textOf(method: ParsedMethod, node: Node): string {
  const { start, end } = rangeOf(method, node);
  const text = method.source.slice(start, end).replaceAll(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** The nodes directly below a node, in the order of the source. */
export function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) children.push(...value.filter(isNode));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

/** Whether `this` within the node is another one. Arrows keep the step's own. */
export function hasOwnThis({ type }: Node): boolean {
  return type === 'FunctionExpression' || type === 'FunctionDeclaration' || type === 'ClassBody';
}

/** `NAME` of `this.NAME` or `this['NAME']`; `undefined` for every other expression. */
export function thisMember(node: AnyNode | undefined): string | undefined {
  if (node?.type !== 'MemberExpression' || (node['object'] as Node).type !== 'ThisExpression')
    return undefined;
  const property = node['property'] as AnyNode;
  if (node['computed'] === true) return literalText(property);
  return property.type === 'Identifier' ? (property['name'] as string) : undefined;
}

/** The text of a string literal, also one that a minifier has made a template. */
export function literalText(node: AnyNode): string | undefined {
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined;
  if (node.type !== 'TemplateLiteral' || (node['expressions'] as unknown[]).length > 0) return undefined;
  const [only] = node['quasis'] as AnyNode[];
  return (only?.['value'] as { readonly cooked?: string } | undefined)?.cooked;
}

/** The name of a property of an object literal; `undefined` for a computed one, a spread or a method. */
export function propertyName(property: AnyNode): string | undefined {
  if (property.type !== 'Property' || property['kind'] !== 'init' || property['method'] === true)
    return undefined;
  const key = property['key'] as AnyNode;
  if (property['computed'] === true) return literalText(key);
  return key.type === 'Identifier' ? (key['name'] as string) : String(key['value']);
}

const functionTypes = new Set(['FunctionExpression', 'ArrowFunctionExpression']);

function asParsed(source: string, shift: number, found: AnyNode): ParsedMethod | undefined {
  if (!functionTypes.has(found.type)) return undefined;
  return {
    source,
    shift,
    body: found['body'] as AnyNode,
    parameters: found['params'] as AnyNode[],
    isAsync: found['async'] === true,
    isGenerator: found['generator'] === true,
  };
}

function tryParse(text: string): AnyNode | undefined {
  try {
    return parseExpressionAt(text, 0, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowSuperOutsideMethod: true,
      checkPrivateFields: false,
    }) as unknown as AnyNode;
  } catch {
    return undefined;
  }
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}
