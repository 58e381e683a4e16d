/** Leat's layer alone, at sizes that this machine has no containers for: the stand-in's jobs pass through their states and do nothing. */
import path from 'node:path';
import { BatchServer, conformanceContextIn, conformanceRequest } from '@leat/testing';
import { computeLayer } from '@leat/aws/batch';
import type { ComputeLayer, JobId } from 'leat/compute';
import { openDatastore } from 'leat/datastore';
import type { Settings } from '../harness/settings.ts';
import { counting, type Counted } from './counted.ts';

/** Tasks that run at once, and how long each takes, in seconds. */
const place = { slots: 1000, seconds: 5 };

const sizes = [100, 1000, 10_000] as const;

/** A foreach of so many tasks. */
export interface Submitted extends Counted {
  readonly tasks: number;
}

/** One after the other, smallest first. */
export async function withoutContainers({ folder, say }: Settings): Promise<readonly Submitted[]> {
  const server = await BatchServer.start(place);
  const before = { ...process.env };
  try {
    await server.createBucket('bench');
    Object.assign(process.env, server.env);
    const samples: Submitted[] = [];
    for (const tasks of sizes) {
      say(`batch-calls: ${tasks} tasks without containers`);
      samples.push(await submitted(tasks, server, path.join(folder, 'cache')));
    }
    return samples;
  } finally {
    process.env = before;
    await server.stop();
  }
}

async function submitted(tasks: number, server: BatchServer, cache: string): Promise<Submitted> {
  const store = await openDatastore('s3://bench/leat');
  const layer = await computeLayer.open(await conformanceContextIn(store, cache));
  try {
    const options = computeLayer.parseOptions({ queue: 'main', jobRole: server.role });
    const requests = Array.from({ length: tasks }, () => conformanceRequest('succeed', { options }));
    const counted = await counting(server, async () => {
      const results = await layer.submit(requests);
      await untilOver(
        layer,
        results.flatMap((result) => ('job' in result ? result.job : [])),
      );
    });
    return { tasks, ...counted };
  } finally {
    await layer.close();
    await store.close();
  }
}

async function untilOver(layer: ComputeLayer, jobs: readonly JobId[]): Promise<void> {
  const open = new Set(jobs);
  while (open.size > 0) {
    const signal = AbortSignal.timeout(600_000);
    for (const [job, { state }] of await layer.poll([...open], { waitMs: 20_000, signal }))
      if (state === 'succeeded' || state === 'failed') open.delete(job);
  }
}
