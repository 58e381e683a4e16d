/**
 * Which files beside it, and which installed packages, a source file asks for at run time, where a bundler does not look:
 * `new URL('./model.json', import.meta.url)`, `readFile(join(import.meta.dirname, 'x.csv'))`, `createRequire(import.meta.url)('sharp')`.
 * The text is parsed, and never run.
 */
import { parse, type Program } from 'acorn';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Esbuild from 'esbuild';
import type { Loader } from 'esbuild';
import { importModule } from '../../errors/import-module.ts';
import { type AnyNode, argumentsOf, nameOf, type Place, type Scope, valueOf } from './place-value.ts';

/** What a file asks for. */
export interface References {
  readonly places: readonly Place[];
  /** Names of packages, with or without a path in them: `sharp`, `@acme/data/table.json`. */
  readonly packages: readonly string[];
  /** What it imports from files beside it, as it is written: only of interest when the file is not bundled. */
  readonly imports: readonly string[];
}

/** A file as it was read. */
export interface SourceText {
  /** Full path. */
  readonly path: string;
  readonly text: string;
  readonly loader: Loader;
}

/** Reads a file's text; of one that cannot be parsed nothing is known. */
export async function findReferences({ path, text, loader }: SourceText): Promise<References> {
  const { transform } = await importModule<typeof Esbuild>('esbuild');
  const lowered = await transform(text, {
    loader,
    target: 'node24',
    tsconfigRaw: {},
    logLevel: 'silent',
    legalComments: 'none',
  }).catch(() => undefined);
  const program = lowered && parsed(lowered.code);
  if (program === undefined) return { places: [], packages: [], imports: [] };
  return collect(program as unknown as AnyNode, path);
}

function parsed(code: string): Program | undefined {
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return parse(code, {
        ecmaVersion: 'latest',
        sourceType,
        allowHashBang: true,
        allowReturnOutsideFunction: true,
      });
    } catch {
      // CommonJS may say what a module may not.
    }
  }
  return undefined;
}

interface Found {
  readonly places: Map<string, Place>;
  readonly packages: Set<string>;
  readonly imports: Set<string>;
}

function collect(program: AnyNode, file: string): References {
  const scope: Scope = { file, constants: constantsOf(program) };
  const exported = exportedOf(program);
  const found: Found = { places: new Map(), packages: new Set(), imports: new Set() };
  visit(program, { ...scope, exported }, found);
  return {
    places: [...found.places.values()],
    packages: [...found.packages],
    imports: [...found.imports],
  };
}

/** A name that is declared twice in a file may mean either. */
function constantsOf(program: AnyNode): ReadonlyMap<string, AnyNode> {
  const all = new Map<string, AnyNode | undefined>();
  walk(program, (node) => {
    if (node.type !== 'VariableDeclarator') return true;
    const id = node['id'] as AnyNode;
    const name = id.type === 'Identifier' ? (id['name'] as string) : undefined;
    if (name !== undefined)
      all.set(name, all.has(name) ? undefined : ((node['init'] ?? undefined) as AnyNode));
    return true;
  });
  return new Map([...all].filter((entry): entry is [string, AnyNode] => entry[1] !== undefined));
}

/** Declarations of a module that others see. */
function exportedOf(program: AnyNode): ReadonlySet<unknown> {
  const body = program['body'] as readonly AnyNode[];
  return new Set(
    body
      .filter(({ type }) => type === 'ExportNamedDeclaration')
      .flatMap((node) => ((node['declaration'] as AnyNode | null)?.['declarations'] as unknown[]) ?? []),
  );
}

interface FileScope extends Scope {
  readonly exported: ReadonlySet<unknown>;
}

function visit(program: AnyNode, scope: FileScope, found: Found): void {
  walk(program, (node, parent) => {
    if (isName(node, parent)) return false;
    // What a constant means is what is made of it where it is used; one that is exported is used elsewhere.
    if (node.type === 'VariableDeclarator' && !scope.exported.has(node) && isPlace(node, scope)) return false;
    readImport(node, found);
    readRequire(node, scope, found);
    const value = isExpression(node) ? valueOf(node, scope) : undefined;
    if (value?.kind !== 'place') return true;
    if (!value.own || !value.exact) found.places.set(`${value.exact} ${value.path}`, value);
    return false;
  });
}

const isExpression = ({ type }: AnyNode): boolean =>
  type === 'Identifier' || type.endsWith('Expression') || type === 'TemplateLiteral';

function isPlace(node: AnyNode, scope: Scope): boolean {
  const init = node['init'] as AnyNode | null;
  const id = node['id'] as AnyNode;
  if (init === null || id.type !== 'Identifier') return false;
  return valueOf(init, scope)?.kind === 'place' && scope.constants.get(id['name'] as string) === init;
}

/** `b` of `a.b` and of `{ b: 1 }`, and what is declared, are names and no expressions. */
function isName(node: AnyNode, parent: AnyNode | undefined): boolean {
  if (node.type !== 'Identifier' || parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent['property'] === node && parent['computed'] !== true;
  if (
    parent.type === 'Property' ||
    parent.type === 'PropertyDefinition' ||
    parent.type === 'MethodDefinition'
  )
    return parent['key'] === node && parent['computed'] !== true && parent['shorthand'] !== true;
  return parent.type === 'VariableDeclarator' && parent['id'] === node;
}

function readImport(node: AnyNode, { imports }: Found): void {
  const isImport = /^(?:Import|Export\w+)(?:Declaration|Expression)$/.test(node.type);
  const source = isImport ? (node['source'] as AnyNode | null | undefined) : undefined;
  if (typeof source?.['value'] === 'string') imports.add(source['value']);
}

/** `require('x')`, `require.resolve('x')`, and the same of a `createRequire(import.meta.url)`. */
function readRequire(node: AnyNode, scope: Scope, found: Found): void {
  if (node.type !== 'CallExpression') return;
  const name = argumentsOf(node)[0]?.['value'];
  const how = typeof name === 'string' ? askedOf(node['callee'] as AnyNode, scope) : undefined;
  if (typeof name !== 'string' || how === undefined) return;
  if (how === 'import') found.imports.add(name);
  else if (!/^[./]/.test(name)) found.packages.add(name);
  else if (how === 'resolve') {
    const path = fileURLToPath(new URL(name, pathToFileURL(scope.file)));
    found.places.set(`true ${path}`, { kind: 'place', path, exact: true, own: false });
  }
}

/** What a callee does with a name: `import` is seen by a bundler too; `meta` takes paths as URLs do. */
function askedOf(callee: AnyNode, scope: Scope): 'import' | 'resolve' | 'meta' | undefined {
  const isResolve = callee.type === 'MemberExpression' && nameOf(callee) === 'resolve';
  const asked = isResolve ? (callee['object'] as AnyNode) : callee;
  if (asked.type === 'MetaProperty') return isResolve ? 'meta' : undefined;
  if (valueOf(asked, scope)?.kind === 'require') return 'resolve';
  const isRequire = asked.type === 'Identifier' && asked['name'] === 'require';
  if (!isRequire || scope.constants.has('require')) return undefined;
  return isResolve ? 'resolve' : 'import';
}

/** Goes through a tree; `enter` says whether to look into a node. */
function walk(node: AnyNode, enter: (node: AnyNode, parent: AnyNode | undefined) => boolean): void {
  const open: (readonly [AnyNode, AnyNode | undefined])[] = [[node, undefined]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [current, parent] = next;
    if (!enter(current, parent)) continue;
    for (const child of Object.values(current).flat()) if (isNode(child)) open.push([child, current]);
  }
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && typeof (value as Partial<AnyNode>).type === 'string';
