/**
 * Starts the program of a task's process (`task/main.ts`) with what V8 has compiled of it before. Node's own compile cache holds
 * what was compiled while the file was loaded; a task then parses some 160 functions again that it calls later, a tenth
 * of its whole start. This one is made when a task has ended, and holds them; the first task of each kind of work (an item, a
 * join, …) adds what it has compiled.
 *
 * The cache is trusted like code, so it is only read from and written to the folder that the layer names, which is the
 * user's own; its name holds the program's hash, and V8 itself refuses what another V8 or other flags have made.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { toldWorkKind } from './work-kind.ts';

/** sha256 of the program, put in by the build. */
declare const programHash: string;

const program = path.join(import.meta.dirname, 'program.cjs');

/** Where the compiled code of this program under these flags lies; `undefined`: nowhere. */
function cacheFile(): string | undefined {
  const folder = process.env['LEAT_COMPILE_CACHE'];
  if (folder === undefined) return undefined;
  const flags = process.execArgv.join('').replaceAll(/[^\w=]/g, '');
  return path.join(folder, `task-${programHash}-${process.version}-${process.arch}${flags}`);
}

interface Cache {
  /** The kinds of work whose functions it holds. */
  readonly kinds: readonly string[];
  readonly code: Buffer | undefined;
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

function launch(): void {
  const file = cacheFile();
  const cache = readCache(file);
  // The bundle is ASCII, which is read fastest so.
  const source = `(function(require,module,exports,__filename){${readFileSync(program, 'latin1')}\n})`;
  const script = new vm.Script(source, {
    filename: program,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cache.code === undefined ? {} : { cachedData: cache.code }),
  });
  const kinds = script.cachedDataRejected === false ? cache.kinds : [];
  if (file !== undefined) {
    process.on('exit', () => {
      // A process that was never needed has compiled too little.
      const kind = toldWorkKind();
      if (kind === undefined || kinds.includes(kind)) return;
      writeCache(file, { kinds: [...kinds, kind], code: script.createCachedData() });
    });
  }
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run(require, module, exports, program);
}

launch();
