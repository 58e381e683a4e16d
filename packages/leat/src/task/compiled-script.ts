/**
 * Scripts that start with what V8 has compiled of them before. Node's own compile cache holds what was compiled while a file was loaded; a task
 * then parses some 160 functions again that it calls later, a tenth of its whole start. This one is made when a task has ended, and
 * holds them; the first task of each kind adds what it has compiled.
 *
 * The cache is trusted like code, so it is only read from and written to the folder that the layer names, which is the
 * user's own; a script's name holds the hash of its text, and V8 itself refuses what another V8 or other flags have made.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

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
  /** Asked at the end of the process: what it has done with the script. Nothing is kept of a process that was never needed. */
  readonly kind: () => string | undefined;
}

interface Cache {
  /** The kinds of work whose functions it holds. */
  readonly kinds: readonly string[];
  readonly code: Buffer | undefined;
}

/** Compiles a script with the help of the cache, and lets the cache learn from this process when it ends. */
export function compileScript(text: ScriptText, { folder, kind }: CompiledCode): vm.Script {
  const file = folder === undefined ? undefined : cacheFile(folder, text.name);
  const cache = readCache(file);
  const script = new vm.Script(text.source, {
    filename: text.filename,
    columnOffset: text.columnOffset ?? 0,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cache.code === undefined ? {} : { cachedData: cache.code }),
  });
  if (file === undefined) return script;
  const kinds = script.cachedDataRejected === false ? cache.kinds : [];
  process.on('exit', () => {
    const done = kind();
    if (done === undefined || kinds.includes(done)) return;
    writeCache(file, { kinds: [...kinds, done], code: script.createCachedData() });
  });
  return script;
}

function cacheFile(folder: string, name: string): string {
  const flags = process.execArgv.join('').replaceAll(/[^\w=]/g, '');
  return `${folder}${path.sep}${name}-${process.version}-${process.arch}${flags}`;
}

/** The file is a line of kinds, then what V8 made. */
function readCache(file: string | undefined): Cache {
  try {
    if (file === undefined) return { kinds: [], code: undefined };
    const bytes = readFileSync(file);
    const end = bytes.indexOf('\n');
    return { kinds: bytes.toString('latin1', 0, end).split(' '), code: bytes.subarray(end + 1) };
  } catch {
    return { kinds: [], code: undefined }; // the first task makes it
  }
}

/** A draft that is older has no writer any more: that one was killed. In milliseconds. */
const draftLastsMs = 60_000;

/**
 * Replaced whole, by one task at a time: others start and end meanwhile. Without it the next task is slower, and that is all. A killed
 * writer leaves one draft at most, which a later task removes.
 */
function writeCache(file: string, { kinds, code }: Cache): void {
  const draft = `${file}.draft`;
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const since = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - since > draftLastsMs) rmSync(draft, { force: true });
    writeFileSync(draft, Buffer.concat([Buffer.from(`${kinds.join(' ')}\n`), code ?? Buffer.alloc(0)]), {
      mode: 0o600,
      flag: 'wx',
    });
    renameSync(draft, file);
  } catch {
    // Another task is at it; or a full disk, or a folder that may not be written to.
  }
}
