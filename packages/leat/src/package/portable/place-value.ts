/**
 * What an expression says about a place beside its file, read without running it: `path.join(import.meta.dirname, 'data', name)` is in
 * the folder `data`. What cannot be known from the text alone is `undefined`. Pure.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Node } from 'acorn';

/** A place that an expression means. */
export interface Place {
  readonly kind: 'place';
  /** Full path. */
  readonly path: string;
  /** All of it is known; otherwise `path` is what it begins with. */
  readonly exact: boolean;
  /** It is the file's own place or that of its folder, and says nothing of other files. */
  readonly own: boolean;
}

/** A text that is known, or the known beginning of one. */
interface Text {
  readonly kind: 'text';
  readonly text: string;
  readonly exact: boolean;
}

/** What `createRequire(import.meta.url)` gives. */
interface Require {
  readonly kind: 'require';
}

export type Value = Place | Text | Require | undefined;

/** A node of a syntax tree, with whatever fields its type has. */
export type AnyNode = Node & Readonly<Record<string, unknown>>;

/** What names stand for in a file. */
export interface Scope {
  /** Full path of the file. */
  readonly file: string;
  /** The expressions of constants that are declared once. */
  readonly constants: ReadonlyMap<string, AnyNode>;
}

type Read = (child: unknown) => Value;

/** How an expression of some type is read; of all others nothing is known. */
const readers: Readonly<Record<string, (node: AnyNode, scope: Scope, read: Read) => Value>> = {
  Literal: (node) => (typeof node['value'] === 'string' ? text(node['value']) : undefined),
  Identifier: identifier,
  TemplateLiteral: (node, _scope, read) => template(node, read),
  BinaryExpression: (node, _scope, read) =>
    node['operator'] === '+' ? added(read(node['left']), read(node['right'])) : undefined,
  MemberExpression: member,
  NewExpression: (node, _scope, read) =>
    nameOf(node['callee']) === 'URL' ? joinedUrl(argumentsOf(node).map(read)) : undefined,
  CallExpression: (node, scope, read) => metaResolved(node, scope, read) ?? called(node, read),
  AwaitExpression: (node, _scope, read) => read(node['argument']),
};

/** Constants that are made of each other end somewhere. */
const deepest = 20;

/** The value of an expression. */
export function valueOf(node: AnyNode, scope: Scope, depth = 0): Value {
  if (depth > deepest) return undefined;
  return readers[node.type]?.(node, scope, (child) => valueOf(child as AnyNode, scope, depth + 1));
}

const text = (value: string, exact = true): Text => ({ kind: 'text', text: value, exact });

const place = (path: string, more: Partial<Pick<Place, 'exact' | 'own'>> = {}): Place => ({
  kind: 'place',
  path,
  exact: true,
  own: false,
  ...more,
});

export const argumentsOf = (node: AnyNode): readonly AnyNode[] => node['arguments'] as readonly AnyNode[];

/** `join` of `join(…)` and of `path.join(…)`. */
export function nameOf(callee: unknown): string | undefined {
  const node = callee as AnyNode;
  if (node.type === 'Identifier') return node['name'] as string;
  if (node.type !== 'MemberExpression' || node['computed'] === true) return undefined;
  return (node['property'] as AnyNode)['name'] as string;
}

function identifier(node: AnyNode, scope: Scope, read: Read): Value {
  const name = node['name'] as string;
  const constant = scope.constants.get(name);
  if (constant !== undefined) return read(constant);
  if (name === '__dirname') return place(dirname(scope.file), { own: true });
  return name === '__filename' ? place(scope.file, { own: true }) : undefined;
}

function member(node: AnyNode, { file }: Scope, read: Read): Value {
  const object = node['object'] as AnyNode;
  const name = nameOf(node);
  if (object.type === 'MetaProperty') {
    if (name === 'dirname') return place(dirname(file), { own: true });
    return name === 'url' || name === 'filename' ? place(file, { own: true }) : undefined;
  }
  const isSame = name === 'href' || name === 'pathname';
  const value = isSame ? read(object) : undefined;
  return value?.kind === 'place' ? value : undefined;
}

function template(node: AnyNode, read: Read): Value {
  const quasis = node['quasis'] as readonly { readonly value: { readonly cooked?: string } }[];
  const expressions = node['expressions'] as readonly AnyNode[];
  let value: Value = text(quasis[0]?.value.cooked ?? '');
  for (const [i, expression] of expressions.entries()) {
    const next = read(expression);
    value = value.kind === 'text' && value.text === '' && next?.kind === 'place' ? next : added(value, next);
    value = added(value, text(quasis[i + 1]?.value.cooked ?? ''));
    if (value === undefined || value.kind === 'require') return undefined;
  }
  return value;
}

function added(left: Value, right: Value): Value {
  if (left === undefined || left.kind === 'require' || !left.exact) return left;
  const known = right?.kind === 'text' ? right : text('', false);
  if (left.kind === 'text') return text(left.text + known.text, known.exact);
  if (known.text === '') return { ...left, exact: known.exact };
  return place(left.path + known.text, { exact: known.exact });
}

function joinedUrl([spec, base]: readonly Value[]): Value {
  if (base?.kind !== 'place' || spec?.kind !== 'text') return undefined;
  if (/^(?:[a-z][a-z0-9+.-]*:|\/)/i.test(spec.text)) return undefined;
  // A name that goes on is not to be taken for one that has ended: './a' of `./a-${n}.json`.
  return place(fileURLToPath(new URL(spec.text, pathToFileURL(base.path))), { exact: spec.exact });
}

/** Functions that give the same place in another form. */
const same = new Set(['fileURLToPath', 'pathToFileURL', 'normalize', 'realpathSync', 'String']);

/** `import.meta.resolve('./x')`. */
function metaResolved(node: AnyNode, { file }: Scope, read: Read): Value {
  const callee = node['callee'] as AnyNode;
  const isMeta = (callee['object'] as AnyNode | undefined)?.type === 'MetaProperty';
  const [first] = argumentsOf(node);
  if (!isMeta || nameOf(callee) !== 'resolve' || first === undefined) return undefined;
  const spec = read(first);
  return spec?.kind === 'text' && /^\.{1,2}\//.test(spec.text) ? joinedUrl([spec, place(file)]) : undefined;
}

function called(node: AnyNode, read: Read): Value {
  const callee = node['callee'] as AnyNode;
  const name = nameOf(callee) ?? '';
  if (name === 'toString') return read(callee['object']);
  const [first, ...others] = argumentsOf(node);
  const value = first === undefined ? undefined : read(first);
  if (value?.kind !== 'place') return undefined;
  if (name === 'createRequire') return { kind: 'require' };
  if (name === 'dirname') return { ...value, path: dirname(value.path) };
  if (name === 'join' || name === 'resolve') return joined(value, others.map(read));
  return same.has(name) ? value : undefined;
}

function joined(base: Place, parts: readonly Value[]): Place {
  let value = base;
  for (const part of parts) {
    if (!value.exact) return value;
    if (part?.kind !== 'text') return { ...value, exact: false };
    const path = part.text.startsWith('/') ? resolve(part.text) : join(value.path, part.text);
    value = place(path, { exact: part.exact });
  }
  return value;
}
