/** What the layer asks of Batch where a server would take minutes: against one in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { conformanceContextIn } from '@leat/testing';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BatchLayer } from './batch-layer.ts';
import { SimulatedBatch } from './simulated-batch.fixture.ts';

const size = 1000;
let folder = '';
let store: Datastore;
let batch: SimulatedBatch;
let layer: BatchLayer;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-layer-'));
  store = await openDatastore(pathToFileURL(folder).href);
  batch = new SimulatedBatch();
  const context = await conformanceContextIn(store, path.join(folder, 'cache'));
  layer = await BatchLayer.open(context, { api: batch, pace: { first: 1, longest: 10 } });
});

afterEach(async () => {
  await layer.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

async function submit(): Promise<{ readonly id: string; readonly jobs: readonly string[] }> {
  const request = { jobName: 'a', jobQueue: 'q', jobDefinition: 'd', arrayProperties: { size } };
  const id = await batch.submitJob(request);
  return { id, jobs: Array.from({ length: size }, (_, index) => `${id}:${index}`) };
}

async function untilOver(jobs: readonly string[]): Promise<void> {
  const open = new Set(jobs);
  const signal = AbortSignal.timeout(60_000);
  while (open.size > 0) {
    const answer = await layer.poll([...open], { waitMs: 1000, signal });
    for (const [job, { state }] of answer) if (state === 'failed' || state === 'succeeded') open.delete(job);
  }
}

describe('why a job has failed is told', () => {
  test('without a call, for each of a thousand', async () => {
    const { id, jobs } = await submit();
    batch.jobs.get(id)?.states.fill('FAILED');
    await untilOver(jobs);
    const asked = batch.counts.describeJobs;
    // The array once, and its children 100 a call.
    expect(asked).toBeLessThan(10 + size / 100);
    const told = await Promise.all(jobs.map(async (job) => layer.diagnose(job)));
    expect(batch.counts.describeJobs - asked).toBe(0);
    expect(told.every(({ kind }) => kind === 'ended')).toBe(true);
    expect(new Set(told.map(({ cause }) => cause)).size).toBe(1);
  });

  test('without a call, where their array was ended before they were made', async () => {
    const { id, jobs } = await submit();
    batch.unmade.add(id);
    await untilOver(jobs);
    const asked = batch.counts.describeJobs;
    const { evidence = [] } = await layer.diagnose(jobs[999] ?? '');
    expect(batch.counts.describeJobs - asked).toBe(0);
    expect(evidence.join(' ')).toContain('not needed any more');
  });

  test('by asking, when it waits', async () => {
    const { jobs } = await submit();
    await layer.poll(jobs, { waitMs: 100, signal: AbortSignal.timeout(60_000) });
    const asked = batch.counts.describeJobs;
    await layer.diagnose(jobs[5] ?? '');
    expect(batch.counts.describeJobs).toBeGreaterThan(asked);
  });
});
