import { describe, expect, it } from 'vitest';
import { diagnoseWait } from './diagnosis.ts';

const demand = { cpu: 2, memory: 500, gpu: 0, alone: false };
const machine = { cpu: 4, memory: 8000, gpus: [] };
const busy = { job: 'other', demand: { ...demand, cpu: 4 }, gpus: [] };

describe('why a job of this machine waits', () => {
  it('for its place, behind others', () => {
    const { cause } = diagnoseWait(
      { status: { state: 'queued' }, demand, overtaken: 0 },
      { machine, running: [busy], ahead: 3 },
    );
    expect(cause).toBe(
      'it waits for 2 cores, 500 MB and 0 GPUs: 1 running tasks use 4 of 4 cores; 3 wait before it',
    );
  });

  it.each([
    ['fetching node:26-slim: 10 of 80 MB', 'it has its place: fetching node:26-slim: 10 of 80 MB'],
    [undefined, 'it has its place: its process is being started'],
  ])('not for a place, when it has one: %s', (note, cause) => {
    const status = { state: 'starting', ...(note === undefined ? {} : { note }) } as const;
    const found = diagnoseWait({ status, demand, overtaken: 0 }, { machine, running: [busy], ahead: -1 });
    expect(found).toEqual({ cause });
  });
});
