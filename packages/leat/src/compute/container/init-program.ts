/**
 * The first process of a container whose image has no shell: does what the script of `init-script.ts` does.
 *
 *     node init.cjs <the LD_LIBRARY_PATH of the step or its image, or ''> <Node's flags and the program>
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { libraryFolders } from './first-process.ts';
import { begun, lentLibraries, places } from './init-script.ts';

/** Where the kernel counts what it has killed in this container for lack of memory: control groups of version 2, or 1. */
const counts: readonly string[] = [
  '/sys/fs/cgroup/memory.events',
  '/sys/fs/cgroup/memory/memory.oom_control',
];

/** What shells say of a program that cannot be run. */
const cannotRun = 126;

const [, , libraryPath = '', ...args] = process.argv;

const tell = (line: string): void => appendFileSync(places.end, `${line}\n`);

/** Of the libraries that Node needs, those that the image lacks are lent, and no others. */
function environment(): NodeJS.ProcessEnv {
  const lent = lentLibraries.filter(
    (name) =>
      existsSync(`${places.libraries}/${name}/${name}`) &&
      !libraryFolders.some((folder) => existsSync(`${folder}/${name}`)),
  );
  const all = [libraryPath, ...lent.map((name) => `${places.libraries}/${name}`)].filter(Boolean);
  const { LD_LIBRARY_PATH: _, ...others } = process.env;
  return all.length === 0 ? others : { ...others, LD_LIBRARY_PATH: all.join(':') };
}

/** TERM goes to every process in here but this one. */
function endAll(): void {
  try {
    process.kill(-1, 'SIGTERM');
  } catch {
    // There is none.
  }
}

function tellOfMemory(): void {
  for (const file of counts.filter((each) => existsSync(each))) {
    const killed = /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
    if (killed !== undefined) tell(`oom ${killed}`);
  }
}

function main(): void {
  tell(begun);
  process.on('SIGTERM', endAll);
  const message = openSync(places.message, 'r');
  const child = spawn(process.execPath, args, {
    env: environment(),
    stdio: ['ignore', 'inherit', 'inherit', message],
  });
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(cannotRun);
  });
  child.once('exit', (code, signal) => {
    tellOfMemory();
    const ended = code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
    tell(`code ${ended}`);
    // What the task has left running ends with this process.
    process.exit(ended);
  });
}

main();
