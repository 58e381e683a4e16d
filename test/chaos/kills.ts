/** What chaos does to a run: each kind of kill, and how often it comes. */
import type { Random } from '@leat/testing';
import { type Found, type Part, signal } from './processes.ts';

/** Kinds of kills, with how many of a hundred are of that kind. */
const weights = {
  task: 28,
  'task group': 14,
  engine: 22,
  'spawn server': 8,
  reaper: 5,
  'engine + spawn server': 5,
  'engine + reaper': 5,
  'engine + spawn server + reaper': 4,
  everything: 4,
  'engine paused, run taken over': 3,
  'engine paused beyond its lease': 2,
} as const;

const serverRestart = 'PostgreSQL';
const serverWeight = 12;

/** A kind of kill. */
export type Kind = keyof typeof weights | typeof serverRestart;

/** Kinds that are done to the processes of an engine at once. */
const partsOf: Partial<Record<Kind, readonly Part[]>> = {
  engine: ['engine'],
  'spawn server': ['spawner'],
  reaper: ['reaper'],
  'engine + spawn server': ['engine', 'spawner'],
  'engine + reaper': ['engine', 'reaper'],
  'engine + spawn server + reaper': ['engine', 'spawner', 'reaper'],
  everything: ['engine', 'spawner', 'reaper', 'task', 'other'],
};

/** What may be drawn. */
export interface Kinds {
  /** There is a database server. */
  readonly server: boolean;
  /** A pause beyond the lease takes longer than half a minute. */
  readonly pauses: boolean;
}

/** Draws the kind of the next kill. */
export function drawKind(random: Random, { server, pauses }: Kinds): Kind {
  const kinds: [Kind, number][] = Object.entries(weights) as [Kind, number][];
  if (server) kinds.push([serverRestart, serverWeight]);
  const open = kinds.filter(([kind]) => pauses || kind !== 'engine paused beyond its lease');
  const all = open.reduce((sum, [, weight]) => sum + weight, 0);
  let drawn = random.next() * all;
  for (const [kind, weight] of open) {
    drawn -= weight;
    if (drawn < 0) return kind;
  }
  return 'engine';
}

/** Kills what a kind means among the processes that live. Those that it needs may not be there at the moment: nothing is killed then. */
export function kill(kind: Kind, look: () => readonly Found[], random: Random): readonly Found[] {
  const processes = look();
  if (kind === 'task' || kind === 'task group') {
    const tasks = processes.filter(({ part }) => part === 'task');
    const victim = tasks[random.between(0, Math.max(0, tasks.length - 1))];
    if (victim === undefined) return [];
    signal(kind === 'task' ? victim.pid : -victim.pid, 'SIGKILL');
    return [victim];
  }
  const parts = partsOf[kind];
  if (parts === undefined) return [];
  const needed = kind === 'everything' ? partsOf.engine : parts;
  if (needed?.some((part) => processes.every((process) => process.part !== part))) return [];
  const victims = stopAll(parts, look);
  for (const { pid } of victims) signal(pid, 'SIGKILL');
  return victims;
}

/** Stopped before any is killed: none of them sees the end of another. Again until there are no more, since one that was not stopped yet may have started some. */
function stopAll(parts: readonly Part[], look: () => readonly Found[]): readonly Found[] {
  const stopped = new Map<number, Found>();
  for (;;) {
    const more = look().filter(({ pid, part }) => parts.includes(part) && !stopped.has(pid));
    if (more.length === 0) return [...stopped.values()];
    for (const found of more) {
      signal(found.pid, 'SIGSTOP');
      stopped.set(found.pid, found);
    }
  }
}
