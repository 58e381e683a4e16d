import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSummary, EngineApi } from './api.ts';
import { labels } from './job-spec.ts';
import { isGone } from './owner.ts';

/** Between TERM and the removal of what a dead engine has left. In milliseconds. */
const graceMs = 1000;

/** Ends containers: gently, then by force. Resolves when they are gone. */
async function end(api: EngineApi, containers: readonly ContainerSummary[]): Promise<void> {
  if (containers.length === 0) return;
  await Promise.all(containers.map(async ({ Id }) => api.kill(Id, 'SIGTERM')));
  await pause(graceMs);
  await Promise.all(containers.map(async ({ Id }) => api.remove(Id)));
}

/** Removes what engines of Leat have left that died together with their janitors. */
export async function sweepDead(api: EngineApi): Promise<void> {
  const all = await api.list(labels.owner);
  await end(
    api,
    all.filter(({ Labels }) => isGone(Labels[labels.owner] ?? '')),
  );
}

/** A container that was asked for may appear a moment later than its engine died. */
const looks = 3;
const lookMs = 500;
/** A container that cannot be removed is left to the next engine. */
const mostRounds = 60;

/** Removes all containers of an engine that has died. */
export async function sweepOwner(api: EngineApi, owner: string): Promise<void> {
  for (let look = 0, round = 0; look < looks && round < mostRounds; look += 1, round += 1) {
    const found = await api.list(`${labels.owner}=${owner}`);
    await end(api, found);
    // What has come meanwhile is looked for again.
    if (found.length > 0) look = -1;
    else await pause(lookMs);
  }
}
