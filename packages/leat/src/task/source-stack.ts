/**
 * Stacks that tell the user's own file and line. A hook of V8 formats each stack when it is first looked at: only then is
 * a source map read, so a task without errors pays nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourcePlace } from '../errors/index.ts';

/** A package's map, as far as it is looked at. */
interface MapPayload {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

interface LoadedMap {
  readonly map: SourceMap;
  readonly payload: MapPayload;
  /** The folder that the sources are relative to. */
  readonly root: string;
}

interface Origin extends SourcePlace {
  readonly text: string | undefined;
  /** A file of the user: not of an installed package, not of Leat. */
  readonly own: boolean;
}

/** Where an error comes from: the first place in the user's own files. */
export interface ErrorOrigin {
  readonly place: SourcePlace;
  /** The text of the file, when the package has it. */
  readonly text: string | undefined;
}

/** V8's hook; Node's types know it as a property of `Error`. */
type PrepareStackTrace = (error: Error, sites: readonly NodeJS.CallSite[]) => string;

// Sources of Leat itself have names of their own in the maps of flow packages.
const ownSource = /^leat(?:-module)?:/;

/** Maps places in the files of one code package. */
export class SourceStacks {
  readonly #folder: string;
  /** A file of Leat's own, whose frames say nothing to a user. */
  readonly #runner: string;
  readonly #maps = new Map<string, LoadedMap | undefined>();
  readonly #origins = new WeakMap<object, ErrorOrigin>();

  constructor(folder: string, runner: string) {
    this.#folder = folder.endsWith(path.sep) ? folder : folder + path.sep;
    this.#runner = runner;
  }

  /** Formats all stacks of this process from now on. */
  install(): void {
    const format: PrepareStackTrace = (error, sites) => this.format(error, sites);
    Error.prepareStackTrace = format as NonNullable<typeof Error.prepareStackTrace>;
  }

  /** The stack as text, with the places of the user's own files; frames of Leat and of Node are left out. */
  format(error: Error, sites: readonly NodeJS.CallSite[]): string {
    const lines = [heading(error)];
    for (const site of sites) {
      const file = fileOf(site);
      if (file === undefined || file.startsWith('node:') || file === this.#runner) continue;
      const origin = this.#originOf(file, site.getLineNumber() ?? 1, site.getColumnNumber() ?? 1);
      if (origin === undefined) continue;
      if (origin.own && !this.#origins.has(error))
        this.#origins.set(error, { place: placeOf(origin), text: origin.text });
      lines.push(`    at ${relocated(site, origin)}`);
    }
    return lines.join('\n');
  }

  /** Where an error comes from; its stack is formatted for that if it was not yet. `undefined` when no frame is the user's. */
  originOf(error: Error): ErrorOrigin | undefined {
    void error.stack;
    return this.#origins.get(error);
  }

  /** `undefined` for a frame of Leat. */
  #originOf(file: string, line: number, column: number): Origin | undefined {
    const plain: Origin = { file, line, column, text: undefined, own: isOwn(file) };
    if (!file.startsWith(this.#folder)) return plain;
    const loaded = this.#map(file);
    const entry = loaded?.map.findEntry(line - 1, column - 1);
    if (loaded === undefined || entry === undefined || !('originalSource' in entry))
      return { ...plain, own: false };
    const source = entry.originalSource;
    if (ownSource.test(source)) return undefined;
    const full = path.resolve(loaded.root, source);
    return {
      // A package may have been built on another machine; there the path means nothing, its tail still does.
      file: existsSync(full) ? full : source,
      line: entry.originalLine + 1,
      column: entry.originalColumn + 1,
      text: loaded.payload.sourcesContent?.[loaded.payload.sources.indexOf(source)] ?? undefined,
      own: isOwn(source),
    };
  }

  #map(file: string): LoadedMap | undefined {
    if (!this.#maps.has(file)) this.#maps.set(file, readMap(file, this.#folder));
    return this.#maps.get(file);
  }
}

function heading(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

const isOwn = (file: string): boolean => !file.split(/[/\\]/).includes('node_modules');

const placeOf = ({ file, line, column }: Origin): SourcePlace => ({ file, line, column });

function fileOf(site: NodeJS.CallSite): string | undefined {
  const name = site.getFileName() ?? undefined;
  return name?.startsWith('file:') === true ? fileURLToPath(name) : name;
}

/** What V8 prints for a frame, with another place: `async TrainFlow.train (flow.ts:12:3)`. */
function relocated(site: NodeJS.CallSite, { file, line, column }: SourcePlace): string {
  const place = `${file}:${line}:${column}`;
  // oxlint-disable-next-line typescript/no-base-to-string -- V8's call sites print themselves; Node's types do not say so
  const text = String(site);
  const open = text.lastIndexOf(' (');
  return open < 0 ? place : `${text.slice(0, open)} (${place})`;
}

function readMap(file: string, folder: string): LoadedMap | undefined {
  try {
    const payload = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as MapPayload;
    return {
      payload,
      map: new SourceMap(payload as ConstructorParameters<typeof SourceMap>[0]),
      root: readRoot(folder),
    };
  } catch {
    // No map, or a torn one: the place in the package is still better than an error about an error.
    return undefined;
  }
}

function readRoot(folder: string): string {
  try {
    const facts = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      readonly root?: string;
    };
    return facts.root ?? '';
  } catch {
    return '';
  }
}
