import { LeatError } from '../errors/index.ts';

/**
 * A file as an artifact, seen by later steps: stored by content and never loaded as a whole unless asked for.
 *
 * @example
 * declare report: StoredFile;
 * // in one step
 * this.report = file('out.csv');
 * // in a later one
 * const rows = parse(await this.report.text());
 */
export interface StoredFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** sha256 of the content, in hex. */
  readonly hash: string;
  /** A path on this machine where the content can be read; it is gone when the task ends. */
  path(): Promise<string>;
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  stream(): ReadableStream<Uint8Array>;
}

/** Content that comes piece by piece. */
export type FileContent =
  | ReadableStream<Uint8Array | string>
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

/** What is to be stored when the step ends. A string source is a path. */
export interface PendingFile {
  readonly name: string;
  readonly source: string | FileContent;
}

const brand = Symbol.for('leat.file/1');

/**
 * A file for a field of the flow: its content is read and stored when the step ends, without loading it in memory.
 *
 * @param source a path (or `file:` URL), read when the step ends; or a stream, or any iterable of bytes or text
 * @param options `name`: what the file is called later; the last part of the path unless told
 * @throws LeatError STEP_MISUSE for another kind of source, or a stream without a name
 * @example
 * this.report = file('out.csv');
 * this.dump = file(response.body, { name: 'dump.json' });
 */
export function file(source: string | URL, options?: { readonly name?: string }): StoredFile;
export function file(source: FileContent, options: { readonly name: string }): StoredFile;
export function file(
  source: string | URL | FileContent,
  { name }: { readonly name?: string } = {},
): StoredFile {
  const content = source instanceof URL ? pathOf(source) : source;
  if (typeof content !== 'string' && !isContent(content)) {
    throw new LeatError(
      'STEP_MISUSE',
      `file(…) got ${typeof content}, expected a path, a stream or an iterable of bytes`,
    );
  }
  const called =
    name ??
    (typeof content === 'string' ? content.split(/[/\\]/).findLast((part) => part !== '') : undefined);
  if (called === undefined || called === '') {
    throw new LeatError('STEP_MISUSE', 'file(…) does not know what the file is called', {
      hint: "Give it a name: file(stream, { name: 'data.csv' }).",
    });
  }
  return pending({ name: called, source: content });
}

/** What `file(…)` of any copy of this module was given; `undefined` for other values. */
export function pendingFile(value: unknown): PendingFile | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<symbol, PendingFile | undefined>)[brand];
}

function pending(facts: PendingFile): StoredFile {
  const tooEarly = (): never => {
    throw new LeatError(
      'STEP_MISUSE',
      `the file '${facts.name}' is stored when this step ends, and cannot be read before`,
      {
        hint: 'Read it in a later step; in this one use what you made it from.',
      },
    );
  };
  return Object.create(null, {
    [brand]: { value: facts },
    name: { value: facts.name, enumerable: true },
    size: { get: tooEarly },
    hash: { get: tooEarly },
    path: { value: tooEarly },
    text: { value: tooEarly },
    bytes: { value: tooEarly },
    stream: { value: tooEarly },
  }) as StoredFile;
}

function isContent(value: unknown): value is FileContent {
  if (typeof value !== 'object' || value === null) return false;
  const holder = value as Record<symbol, unknown>;
  return typeof holder[Symbol.asyncIterator] === 'function' || typeof holder[Symbol.iterator] === 'function';
}

function pathOf(url: URL): string {
  if (url.protocol !== 'file:')
    throw new LeatError('STEP_MISUSE', `file(…) got the URL ${url.href}, expected a path or a file: URL`);
  const path = decodeURIComponent(url.pathname);
  return /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path; // file:///C:/x is C:/x
}
