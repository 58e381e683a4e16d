/**
 * The spawn server: a small process that starts the processes of tasks for an engine. To start one, the operating system copies
 * the page tables of the process that asks and makes it copy each page that it then writes to; from an engine of 100 MB that
 * is 4 ms of work and of standing still for each task, from here 1 ms. It knows no task: what runs is in the request.
 *
 *     node spawner.cjs <folder for the named pipes> <number of slots>
 *
 * It ends with its input, which is the engine's end, and takes with it what is still running.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parentVariable } from '../../../plan/told-parent.ts';
import { eachLine, type SpawnReport, type SpawnRequest } from './protocol.ts';

/** The engine's reaper ends tasks gently; what is left after this is not gentle any more. In milliseconds. */
const patienceMs = 3_000;

const [folder = '', slots = '0'] = process.argv.slice(2);
/** Read once: each look at `process.env` asks the system. */
const own = { ...process.env, [parentVariable]: `${process.pid}` };
const live = new Set<number>();
let ending = false;

function report(message: SpawnReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function start({ id, slot, args, environment }: SpawnRequest): void {
  const opened: number[] = [];
  try {
    const [out, err, message] = ends(slot, opened);
    const child = spawn(process.execPath, args, {
      detached: true,
      stdio: ['ignore', out, err, message],
      env: { ...own, ...environment },
    });
    child.once('error', (error) => report({ id, error: error.message }));
    const { pid } = child;
    if (pid === undefined) return;
    live.add(pid);
    report({ id, pid });
    child.once('exit', (code, signal) => {
      live.delete(pid);
      // What the task has started ends with it. The engine may die before it hears of this.
      signalGroup(pid);
      report({ id, code, signal });
      endIfDone();
    });
  } catch (error) {
    report({ id, error: (error as Error).message });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/**
 * The task's ends of its pipes. To open one waits for somebody at the other end, and the engine, which was there when it asked, may be gone or
 * have thought better of it: so both ends are opened, and the ones that are not the task's are closed once it has its own.
 */
function ends(slot: string, opened: number[]): readonly [number, number, number] {
  const open = (stream: string, flags: string | number): number => {
    const descriptor = openSync(`${slot}.${stream}`, flags);
    opened.push(descriptor);
    return descriptor;
  };
  for (const stream of ['out', 'err', 'in']) open(stream, constants.O_RDWR | constants.O_NONBLOCK);
  return [open('out', 'w'), open('err', 'w'), open('in', 'r')];
}

function signalGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

function endIfDone(): void {
  if (!ending || live.size > 0) return;
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

function end(): void {
  ending = true;
  endIfDone();
  setTimeout(() => {
    for (const group of live) signalGroup(group);
  }, patienceMs);
}

const names = Array.from({ length: Number(slots) }, (_, slot) =>
  ['in', 'out', 'err'].map((stream) => path.join(folder, `${slot}.${stream}`)),
).flat();
execFileSync('mkfifo', ['-m', '600', ...names]);
// Reports to an engine that is gone.
process.stdout.on('error', () => undefined);
eachLine(process.stdin, (line) => start(JSON.parse(line) as SpawnRequest));
process.stdin.once('end', end);
report({ ready: true });
