import { describe, expect, it } from 'vitest';
import { diagnoseWait } from './diagnosis.ts';

const demand = { cpu: 2, memory: 500, gpu: 0, alone: false };
const machine = { cpu: 4, memory: 8000, gpus: [] };
const busy = { job: 'other', demand: { ...demand, cpu: 4 }, gpus: [] };

describe('why a job of this machine waits', () => {
  const queued = { status: { state: 'queued' }, demand, overtaken: 0 } as const;

  it('for its place, behind others', () => {
    expect(diagnoseWait(queued, { machine, running: [busy], ahead: 3 })).toEqual({
      kind: 'waiting',
      cause: 'it waits for 2 cores, 500 MB and 0 GPUs of this machine',
      evidence: ['1 running tasks use 4 of 4 cores', '3 tasks wait before it'],
    });
  });

  it.each([
    ['in the queue', queued],
    ['alone', { ...queued, demand: { ...demand, alone: true } }],
    ['when it was overtaken often', { ...queued, overtaken: 1000 }],
  ])('for the same cause as long as it waits %s, whatever the others do', (_, job) => {
    const early = diagnoseWait(job, { machine, running: [busy], ahead: 3 });
    const late = diagnoseWait(job, { machine, running: [busy, busy], ahead: 1 });
    expect(late.cause).toBe(early.cause);
    expect(late.evidence).not.toEqual(early.evidence);
    expect([early.kind, late.kind]).toEqual(['waiting', 'waiting']);
  });

  it.each([
    [
      'fetching node:26-slim: 10 of 80 MB',
      {
        cause: 'it has its place, and is being made ready',
        evidence: ['fetching node:26-slim: 10 of 80 MB'],
      },
    ],
    [undefined, { cause: 'it has its place: its process is being started' }],
  ])('not for a place, when it has one: %s', (note, found) => {
    const status = { state: 'starting', ...(note === undefined ? {} : { note }) } as const;
    const told = diagnoseWait({ status, demand, overtaken: 0 }, { machine, running: [busy], ahead: -1 });
    expect(told).toEqual({ kind: 'on-its-way', ...found });
  });
});
