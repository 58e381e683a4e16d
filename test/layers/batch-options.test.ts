/** What a job of Batch is like: what its options say, seen from inside, and what ends it when its task does not. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import type { BatchPlace } from './batch-place.ts';
import { leatOnBatch } from './leat-on-batch.ts';

let place: BatchPlace;
let leat: Leat;
leatOnBatch('leat', (ownLeat, itsPlace) => {
  leat = ownLeat;
  place = itsPlace;
});

describe('a job of Batch', { timeout: 300_000 }, () => {
  it('has what its options say: memory, cores, shared memory, file systems in memory, folders of its instance', async () => {
    const data = path.join(leat.folder, 'data');
    mkdirSync(data);
    writeFileSync(path.join(data, 'given.txt'), 'given');
    leat.write(
      'flow.ts',
      `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Flow, step, local, layerDecorator } from 'leat';
const batch = layerDecorator<Record<string, unknown>>('batch');
const group = (v2: string, v1: string) => readFileSync(existsSync(v2) ? v2 : v1, 'utf8').trim();
const mounted = (at: string) =>
  Number(/size=(\\d+)k/.exec(readFileSync('/proc/mounts', 'utf8').split('\\n').find((line) => line.split(' ')[1] === at) ?? '')?.[1]);
const limits = () => ({
  memory: Number(group('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')),
  // A weight of 1 to 10,000 is what shares of 2 to 262,144 come to in the second version.
  cpu: Number(group('/sys/fs/cgroup/cpu.weight', '/sys/fs/cgroup/cpu/cpu.shares')),
});
export default class PlaceFlow extends Flow {
  declare limits: object; declare facts: object;
  @local @step start() { this.next(this.flagged); }
  @step flagged() { this.limits = limits(); this.next(this.look); }
  @batch({ memory: 256, sharedMemory: 24, tmpfs: { '/scratch': 8 }, hostVolumes: [{ host: '${data}', path: '/data', readOnly: true }] })
  @step look() {
    let written = 'yes';
    try { writeFileSync('/data/given.txt', 'x'); } catch (error) { written = (error as NodeJS.ErrnoException).code ?? ''; }
    this.facts = { shared: mounted('/dev/shm'), scratch: mounted('/scratch'), given: readFileSync('/data/given.txt', 'utf8'), written };
    this.limits = limits();
    this.next(this.end);
  }
  @local @step end() {}
}`,
    );
    await leat.ok(['run', 'flow.ts', '--with', 'batch:memory=300,cpu=2']);
    const all = await leat.artifacts('PlaceFlow/latest');
    expect(all.get('flagged')?.['limits']).toMatchObject({ memory: 300 * 2 ** 20 });
    // Batch counts what a task has in /scratch as its memory.
    expect(all.get('look')?.['limits']).toMatchObject({ memory: 256 * 2 ** 20 });
    const cpu = (step: string): number =>
      (all.get(step)?.['limits'] as { cpu: number } | undefined)?.cpu ?? 0;
    expect(cpu('flagged') / cpu('look')).toBeCloseTo(2, 0);
    expect(all.get('look')?.['facts']).toEqual({
      shared: 24 * 1024,
      scratch: 8 * 1024,
      given: 'given',
      written: 'EROFS',
    });
  });

  it('is ended by Batch when neither its task nor Leat in it keeps the time limit, and that is a timeout', async () => {
    leat.write(
      'flow.ts',
      `
import { Flow, step, local, timeout, retry } from 'leat';
export default class LateFlow extends Flow {
  @local @step start() { this.next(this.late); }
  @retry({ times: 0 }) @timeout({ minutes: 10 })
  @step async late() { console.log('at work'); await new Promise(() => setInterval(() => {}, 1000)); this.next(this.end); }
  @local @step end() {}
}`,
    );
    const run = leat.start(['run', 'flow.ts', '--with', 'batch:memory=300']);
    await run.stdoutHas('at work');
    const [job = { jobId: '' }] = (await place.server.jobs('leat-LateFlow-')).toReversed();
    // Its first process sees no time pass any more, and takes no signal but SIGKILL.
    const named = await place.engine.podman('ps', '-q', '--filter', `name=batch-${job.jobId}`);
    expect((await place.engine.podman('kill', '--signal', 'STOP', named.stdout.trim())).code).toBe(0);
    await place.server.expire(job.jobId);
    expect((await run.done).exitCode).toBe(1);
    const task = (await leat.tasks('LateFlow/latest')).find(({ step }) => step === 'late');
    expect(task).toMatchObject({
      status: 'failed',
      attempts: 1,
      failure: { reason: 'timeout', message: expect.stringContaining('exceeded timeout') },
    });
  });
});
