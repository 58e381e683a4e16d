import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { BuildFailure, Location, Message } from 'esbuild';
import { LeatError, type SourcePlace } from '../errors/index.ts';
import { codeFrame } from '../errors/code-frame.ts';
import { packageName } from './native-package.ts';

interface BuildPlace {
  /** Full path of the flow file. */
  readonly file: string;
  /** The folder that esbuild's paths are relative to. */
  readonly root: string;
}

/** What a user is told when the bundle fails: the first problem with its place and what to do; the others in `details`. */
export function buildError(error: unknown, { file, root }: BuildPlace): LeatError {
  const messages = (error as Partial<BuildFailure>).errors ?? [];
  const [first] = messages;
  if (first === undefined) {
    const hint = 'esbuild could not start or stopped; `npm i` restores its binary';
    return new LeatError('FLOW_LOAD', `'${file}' could not be bundled: ${String(error)}`, {
      cause: error,
      hint,
    });
  }
  const more = messages.length > 1 ? ` (and ${messages.length - 1} more)` : '';
  return new LeatError('FLOW_LOAD', `${sentence(first)}${more}`, {
    hint: hintFor(first),
    ...located(first.location, root),
    details: { problems: messages.slice(0, 20).map((message) => problem(message, root)) },
  });
}

const unresolved = /^Could not resolve "(?<path>[^"]+)"/;

function sentence({ text, location }: Message): string {
  const path = unresolved.exec(text)?.groups?.['path'];
  if (path === undefined) return `the flow cannot be bundled: ${text}`;
  const by = location ? `, which '${location.file}' imports` : '';
  if (packageName(path) === undefined) return `there is no file '${path}'${by}`;
  return `the package '${path}'${by}, is not installed`;
}

function hintFor({ text, notes }: Message): string {
  const path = unresolved.exec(text)?.groups?.['path'];
  const note = notes[0]?.text;
  if (path !== undefined) return hintForPath(path, note);
  if (/No loader is configured/.test(text)) {
    return "only code, JSON and text can be imported; read other files with readFile(new URL('./name', import.meta.url)), or import their bytes: import data from './name' with { type: 'bytes' }";
  }
  return note ?? 'correct the file; nothing has been started';
}

function hintForPath(path: string, note: string | undefined): string {
  if (path.startsWith('#'))
    return 'names with # come from "imports" in the package.json of the nearest folder above the importing file';
  const name = packageName(path);
  if (name === undefined)
    return 'check the spelling and the extension; the path is relative to the importing file';
  // The package is there, and does not let this file of it be imported.
  return note !== undefined && note.includes('exports')
    ? note
    : `npm i ${name}, when that is how it is spelled`;
}

function located(
  location: Location | null,
  root: string,
): { readonly place?: SourcePlace; readonly frame?: string } {
  if (location === null) return {};
  const place = placeOf(location, root);
  if (!existsSync(place.file)) return { place };
  const { line, column } = place;
  return {
    place,
    frame: codeFrame(readFileSync(place.file, 'utf8'), { line, column, length: location.length }),
  };
}

// esbuild counts columns from 0 and in bytes.
function placeOf({ file, line, column, lineText }: Location, root: string): SourcePlace {
  const before = Buffer.from(lineText).subarray(0, column).toString('utf8');
  return { file: isAbsolute(file) ? file : join(root, file), line, column: before.length + 1 };
}

function problem({ text, location }: Message, root: string): Readonly<Record<string, unknown>> {
  return location === null ? { text } : { text, ...placeOf(location, root) };
}
