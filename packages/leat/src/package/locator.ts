import { SourceMap } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourcePlace } from '../errors/index.ts';
import { codeFrame } from '../errors/code-frame.ts';
import type { CodePackage } from './code-package.ts';
import { type MapFacts, packageSources, sourceMapOf, type SourceText, textOf } from './package-sources.ts';

/** A place in the user's code, with the lines around it. */
export interface Located {
  readonly place: SourcePlace;
  readonly frame: string;
}

/** A place in a file of the package; lines and columns start at 1. */
export interface GeneratedPlace {
  readonly name: string;
  readonly line: number;
  readonly column: number;
}

type LocatedPackage = Pick<CodePackage, 'files' | 'folder' | 'entry' | 'root' | 'sources'>;

interface Generated {
  readonly text: string;
  /** Offset of each line's first character. */
  readonly lines: readonly number[];
  map(): { readonly facts: MapFacts; readonly map: SourceMap } | undefined;
}

/**
 * From places in a package's files to places in the user's own files. Maps are read when they are first asked for, so that a
 * run without an error pays nothing.
 */
export class Locator {
  readonly #package: LocatedPackage;
  readonly #generated = new Map<string, Generated | undefined>();
  #sources: readonly SourceText[] | undefined;

  constructor(built: LocatedPackage) {
    this.#package = built;
  }

  /** The user's place behind a place of a generated file; `undefined` when that is not the user's code. */
  original({ name, line, column }: GeneratedPlace): Located | undefined {
    const generated = this.#open(name);
    const known = generated?.map();
    if (generated === undefined || known === undefined) return undefined;
    const entry = known.map.findEntry(line - 1, column - 1);
    if (!('originalSource' in entry) || entry.originalSource === undefined) return undefined;
    const text = known.facts.sourcesContent?.[known.facts.sources.indexOf(entry.originalSource)];
    if (typeof text !== 'string') return undefined;
    const written = text.split(/\r?\n/)[entry.originalLine] ?? '';
    const start = (generated.lines[line - 1] ?? 0) + entry.generatedColumn;
    const passed =
      entry.generatedLine === line - 1
        ? generated.text.slice(start, start + column - 1 - entry.generatedColumn)
        : '';
    // Between two marks of the map the texts run in parallel only as long as they are equal.
    const further = written.startsWith(passed, entry.originalColumn) ? passed.length : 0;
    return this.#located(entry.originalSource, text, {
      line: entry.originalLine + 1,
      column: entry.originalColumn + further + 1,
    });
  }

  /**
   * The user's place behind an offset of a method's text, as `method.toString()` prints it.
   *
   * @param owner Name of the class; of two methods that read the same, the one nearest below it is meant.
   */
  method(source: string, offset = 0, owner?: string): Located | undefined {
    const entry = this.#package.entry;
    const scripts = this.#package.files.map(({ name }) => name).filter((name) => name.endsWith('.js'));
    for (const name of [entry, ...scripts.filter((script) => script !== entry)]) {
      const generated = this.#open(name);
      const at = generated === undefined ? -1 : find(generated.text, source, owner);
      if (generated === undefined || at < 0) continue;
      const found = this.original({ name, ...position(generated.lines, at + offset) });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The first place of an error's stack that is the user's own code. */
  firstPlace(stack: string): Located | undefined {
    for (const line of stack.split('\n')) {
      const found = this.#ofStackLine(line);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** An error's stack with the user's own places instead of those of the package's files. */
  stack(stack: string): string {
    return stack
      .split('\n')
      .map((line) => this.#originalLine(line))
      .join('\n');
  }

  #originalLine(line: string): string {
    const place = this.#ofStackLine(line)?.place;
    if (place === undefined) return line;
    return line.replace(
      stackPlace,
      (_all, open: string) => `${open}${place.file}:${place.line}:${place.column}`,
    );
  }

  #ofStackLine(stackLine: string): Located | undefined {
    const groups = stackPlace.exec(stackLine)?.groups;
    if (groups === undefined) return undefined;
    const { file = '' } = groups;
    const at = { line: Number(groups['line']), column: Number(groups['column']) };
    const path = resolve(file.startsWith('file:') ? fileURLToPath(file) : file);
    const inFolder = (name: string): boolean => resolve(this.#package.folder, name) === path;
    const generated = this.#package.files.find(({ name }) => inFolder(name));
    if (generated !== undefined) return this.original({ name: generated.name, ...at });
    // Where source maps are on, Node has already done it, relative to where the package lies.
    const source = this.#package.sources.find((each) => inFolder(each.path))?.path;
    if (source === undefined) return undefined;
    this.#sources ??= packageSources(this.#package);
    return this.#located(source, this.#sources.find((each) => each.path === source)?.text ?? '', at);
  }

  #open(name: string): Generated | undefined {
    if (!this.#generated.has(name)) this.#generated.set(name, this.#read(name));
    return this.#generated.get(name);
  }

  #read(name: string): Generated | undefined {
    const file = this.#package.files.find((each) => each.name === name);
    if (file === undefined) return undefined;
    const text = textOf(file.bytes);
    let known: ReturnType<Generated['map']> | 'unread' = 'unread';
    const map = (): ReturnType<Generated['map']> => {
      if (known !== 'unread') return known;
      const facts = sourceMapOf(this.#package, name);
      known = facts && { facts, map: new SourceMap(facts as ConstructorParameters<typeof SourceMap>[0]) };
      return known;
    };
    return { text, lines: lineStarts(text), map };
  }

  #located(source: string, text: string, at: { readonly line: number; readonly column: number }): Located {
    return { place: { file: resolve(this.#package.root, source), ...at }, frame: codeFrame(text, at) };
  }
}

const stackPlace =
  /(?<open>\(|at (?:async )?|^)(?<file>(?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?)(?:\?[^:()]*)?:(?<line>\d+):(?<column>\d+)/;

function find(text: string, source: string, owner: string | undefined): number {
  const first = text.indexOf(source);
  if (owner === undefined || first < 0 || text.indexOf(source, first + 1) < 0) return first;
  const declared = new RegExp(
    `\\b${owner.replaceAll('$', '\\$')}\\d* = class\\b|\\bclass ${owner.replaceAll('$', '\\$')}\\b`,
  ).exec(text);
  const below = declared === null ? -1 : text.indexOf(source, declared.index);
  return below < 0 ? first : below;
}

function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function position(
  lines: readonly number[],
  offset: number,
): { readonly line: number; readonly column: number } {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lines[low] ?? 0) + 1 };
}
