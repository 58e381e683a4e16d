import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSummary, EngineApi } from './api.ts';
import { labels } from './job-spec.ts';
import { isGone } from './owner.ts';

/** Between TERM and the removal of what a dead engine has left. In milliseconds. */
const graceMs = 1000;

/** Ends containers: gently, then by force. One that the engine does not remove keeps none of the others. */
async function end(
  api: Pick<EngineApi, 'kill' | 'remove'>,
  containers: readonly ContainerSummary[],
): Promise<void> {
  if (containers.length === 0) return;
  await Promise.allSettled(containers.map(async ({ Id }) => api.kill(Id, 'SIGTERM')));
  await pause(graceMs);
  await Promise.allSettled(containers.map(async ({ Id }) => api.remove(Id)));
}

/** Removes what engines of Leat have left that died together with their janitors. */
export async function sweepDead(api: EngineApi): Promise<void> {
  const all = await api.list(labels.owner);
  await end(
    api,
    all.filter(({ Labels }) => isGone(Labels[labels.owner] ?? '')),
  );
}

/** How patient a sweep is. */
export interface SweepBounds {
  /** How often nothing must be found before there is taken to be nothing: a container that was asked for may appear a moment later. */
  readonly looks: number;
  /** Looks in all; a container that cannot be removed is left after them. */
  readonly rounds: number;
}

const lookMs = 500;

/** Removes all containers of an engine of Leat. Whether none is left. Throws what the container engine said when it lists none. */
export async function sweepOwner(
  api: Pick<EngineApi, 'list' | 'kill' | 'remove'>,
  owner: string,
  { looks, rounds }: SweepBounds,
): Promise<boolean> {
  let clean = 0;
  for (let round = 0; round < rounds; round += 1) {
    const found = await api.list(`${labels.owner}=${owner}`);
    clean = found.length === 0 ? clean + 1 : 0;
    if (clean === looks) return true;
    // What has come meanwhile, and what could not be removed, is looked for again.
    if (found.length > 0) await end(api, found);
    else await pause(lookMs);
  }
  return false;
}
