/**
 * Scripts that start with what V8 has compiled of them before. Node's own compile cache holds what was compiled while a file was loaded; a task
 * then parses some 160 functions again that it calls later, a tenth of its whole start. This one is made when a task has ended, and
 * holds them. There is one for each kind of work: V8 takes in all that a cache holds, needed or not.
 *
 * The cache is trusted like code, so it is only read from and written to the folder that the layer names, which is the
 * user's own; a script's name holds the hash of its text, and V8 itself refuses what another V8 or other flags have made.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { constants, Script } from 'node:vm';

/** A script. */
export interface ScriptText {
  /** Unlike that of any other text. */
  readonly name: string;
  readonly source: string;
  /** What stacks say. */
  readonly filename: string;
  readonly columnOffset?: number;
}

/** Where compiled code is kept. */
export interface CompiledCode {
  /** `undefined`: nowhere. */
  readonly folder: string | undefined;
  /** The kind of work that this process will do, as far as is known: another is only slower. Part of a file's name. */
  readonly likely: string;
  /** Asked at the end of the process: the kind of work that it has done. Nothing is kept of a process that was never needed. */
  readonly done: () => string | undefined;
}

/** Compiles a script with the help of the cache for its likely work, and lets the next process of its kind learn from this one. */
export function compileScript(text: ScriptText, { folder, likely, done }: CompiledCode): Script {
  const fileOf = (kind: string): string => `${folder}${sep}${text.name}-${kind}-${builtFor()}`;
  const code = folder === undefined ? undefined : readCache(fileOf(likely));
  const script = new Script(text.source, {
    filename: text.filename,
    columnOffset: text.columnOffset ?? 0,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(code === undefined ? {} : { cachedData: code }),
  });
  if (folder === undefined) return script;
  // Of one that has taken in a cache nothing is written: what it took in would be in it, needed or not.
  if (script.cachedDataRejected === false) return script;
  process.on('exit', () => {
    const kind = done();
    if (kind === undefined) return;
    const file = fileOf(kind);
    // A file that V8 refuses is replaced by a process that would have used it.
    if (kind === likely || !existsSync(file)) writeCache(file, script.createCachedData());
  });
  return script;
}

/** What V8's code depends on, and looks at before it takes it. */
function builtFor(): string {
  // No regular expression: compiling one takes longer than this whole function.
  return `${process.version}-${process.arch}${encodeURIComponent(process.execArgv.join(''))}`;
}

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // the first task makes it
  }
}

/** A draft that is older has no writer any more: that one was killed. In milliseconds. */
const draftLastsMs = 60_000;

/**
 * Replaced whole, by one task at a time: others start and end meanwhile. Without it the next task is slower, and that is all. A killed
 * writer leaves one draft at most, which a later task removes.
 */
function writeCache(file: string, code: Buffer): void {
  const draft = `${file}.draft`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const since = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - since > draftLastsMs) rmSync(draft, { force: true });
    writeFileSync(draft, code, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch {
    // Another task is at it; or a full disk, or a folder that may not be written to.
  }
}
