/**
 * Ends an engine's containers when the engine dies, however it dies: also by `kill -9`; and those that it could not end itself. A small
 * process whose input is the engine's life.
 *
 *     node janitor.cjs <the engine's name>
 *
 * Lines on its input are a word and a value, as `Belonging` in `janitor.ts` says.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineApi } from './api.ts';
import type { Belonging } from './janitor.ts';
import { PodmanService } from './podman-service.ts';
import { type SweepBounds, sweepOwner } from './sweep.ts';
import { waits } from './waits.ts';

const [owner = ''] = process.argv.slice(2);

function readBelongings(): Promise<ReadonlyMap<Belonging, string>> {
  const told = new Map<Belonging, string>();
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const space = line.indexOf(' ');
    told.set(line.slice(0, space) as Belonging, line.slice(space + 1));
  });
  return new Promise((resolve) => {
    input.once('close', () => resolve(told));
  });
}

/** Of one try among many. */
const eachTry: SweepBounds = { looks: 3, rounds: 6 };

/** After this long no try is begun any more, in milliseconds: what refuses to go keeps the folder with the tasks' credentials. */
const longestMs = 10 * 60_000;

/** Removes the containers, again while the container engine is away. One that was started for the other process may have died with it: then it is started again. */
async function sweep(socket: string, service: PodmanService | undefined): Promise<void> {
  const api = new EngineApi(socket, service === undefined ? undefined : async () => service.ensure());
  const began = performance.now();
  for (const waitMs of waits()) {
    // What is left after the last try, the next engine of Leat looks for.
    if (await sweepOwner(api, owner, eachTry).catch(() => false)) break;
    if (performance.now() - began > longestMs) break;
    await pause(waitMs);
  }
  api.close();
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // Gone already.
  }
}

async function main(): Promise<void> {
  const told = await readBelongings();
  if (told.has('done')) return;
  const { socket, service, folder } = Object.fromEntries(told);
  const own =
    service === undefined || folder === undefined ? undefined : new PodmanService(folder, () => undefined);
  if (socket !== undefined) await sweep(socket, own);
  await own?.close();
  if (service !== undefined) endProcess(Number(service));
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

void main();
