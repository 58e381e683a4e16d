import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { agentExits, type EndRecord } from 'leat/agent';
import type { JobStatus } from 'leat/compute';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endOf, expiredOf, isWithoutTools, settleEnd } from './ends.ts';

type Failed = Extract<JobStatus, { state: 'failed' }>;

const said = (over: Partial<Failed> = {}): Failed => ({
  state: 'failed',
  reason: 'exit',
  message: 'its container ended',
  startedAt: 10,
  endedAt: 90,
  ...over,
});

const record = (status: EndRecord['status'], which?: string): EndRecord => ({
  version: 1,
  execution: 'x',
  status,
  printed: { pieces: 0, lost: 0 },
  ...(which === undefined ? {} : { try: which }),
});

const stopped = { signal: 'SIGTERM', at: 80 };

const task = (over: Partial<Failed> = {}): EndRecord['status'] =>
  said({ startedAt: 40, endedAt: 80, ...over });

test.each<[string, Failed, EndRecord | undefined, Partial<Failed>]>([
  [
    'an exit: the agent knows more',
    said({ exitCode: 7 }),
    record(task({ exitCode: 7, message: 'code 7' })),
    { message: 'code 7', startedAt: 40 },
  ],
  [
    'a time limit that the agent kept',
    said({ exitCode: 143 }),
    record(task({ reason: 'timeout' })),
    { reason: 'timeout' },
  ],
  ['the member of a chunk', said(), record(task({ member: 3 })), { member: 3 }],
  [
    'an instance that was taken away, whatever the task made of it',
    said({ reason: 'interrupted' }),
    record(task({ exitCode: 1, member: 2 })),
    { reason: 'interrupted', member: 2, startedAt: 40 },
  ],
  ['a cancelled job', said({ reason: 'cancelled' }), record(task({ exitCode: 1 })), { reason: 'cancelled' }],
  [
    'out of memory, which Batch saw',
    said({ reason: 'out-of-memory' }),
    record(task({ signal: 'SIGKILL' })),
    { reason: 'out-of-memory' },
  ],
  [
    'Batch’s own time limit, which came before the task’s: its time began late',
    said({ reason: 'timeout', startedAt: 10_000 }),
    { ...record(task({ exitCode: 143, member: 2, startedAt: 700_000 })), stopped },
    {
      reason: 'interrupted',
      message: 'Batch ended it before its own time was up: its task began 690 s after its container',
      startedAt: 700_000,
      member: 2,
    },
  ],
  [
    'Batch’s own time limit, when the task had ended by itself',
    said({ reason: 'timeout' }),
    record(task({ exitCode: 3 })),
    { reason: 'exit', exitCode: 3 },
  ],
  [
    'Batch’s own time limit, when the task had used up its own',
    said({ reason: 'timeout' }),
    { ...record(task({ reason: 'timeout' })), stopped },
    { reason: 'timeout', startedAt: 40 },
  ],
  [
    'a record of an earlier try',
    said({ reason: 'lost' }),
    record(task({ exitCode: 1 }), '1'),
    { reason: 'lost', startedAt: 10 },
  ],
  [
    'a container that never ran its task',
    said({ exitCode: 210 }),
    undefined,
    { reason: 'start-failed', permanent: true },
  ],
  ['one that may the next time', said({ exitCode: 213 }), undefined, { reason: 'start-failed' }],
  [
    'one that was killed with all in it',
    said({ exitCode: 137 }),
    undefined,
    { reason: 'exit', signal: 'SIGKILL' },
  ],
])('%s', (_, batch, agent, expected) => {
  const end = endOf(batch, agent, 2);
  expect(end).toMatchObject({ state: 'failed', ...expected });
  expect('permanent' in end).toBe(expected.permanent === true);
});

const minutes = (count: number): number => count * 60_000;

test.each<[string, Failed, { createdAt?: number; startedAt?: number } | undefined, boolean]>([
  [
    'an hour in the queue',
    said({ reason: 'start-failed', exitCode: agentExits.linkExpired }),
    { createdAt: 0, startedAt: minutes(60) },
    true,
  ],
  [
    'a link that has expired at once',
    said({ reason: 'start-failed', exitCode: agentExits.linkExpired }),
    { createdAt: 0, startedAt: minutes(4) },
    false,
  ],
  [
    'another failed start after an hour',
    said({ reason: 'start-failed', exitCode: agentExits.downloadFailed }),
    { createdAt: 0, startedAt: minutes(60) },
    false,
  ],
  [
    'a link that is refused for another reason after an hour: a policy, or an object that is gone',
    said({ reason: 'start-failed', exitCode: agentExits.linkRefused }),
    { createdAt: 0, startedAt: minutes(60) },
    false,
  ],
  [
    'a task that ends with the same code',
    said({ exitCode: agentExits.linkExpired }),
    { createdAt: 0, startedAt: minutes(60) },
    false,
  ],
  ['times that Batch does not tell', said({ reason: 'start-failed', exitCode: 220 }), {}, false],
])('a link has expired in the queue: %s', (_, status, detail, expected) => {
  expect('expired' in expiredOf(status, detail)).toBe(expected);
});

test('only a job whose links were of no use is without tools', () => {
  const ended = (exitCode: number, reason: Failed['reason'] = 'start-failed'): boolean =>
    isWithoutTools(said({ reason, exitCode }));
  expect([ended(agentExits.linkRefused), ended(agentExits.linkExpired)]).toEqual([true, true]);
  expect([ended(agentExits.downloadFailed), ended(agentExits.linkRefused, 'exit')]).toEqual([false, false]);
});

describe('a job that Batch’s own time limit has ended, without a record', () => {
  const token = 'a'.repeat(32);
  let folder = '';
  let store: Datastore;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'leat-ends-'));
    store = await openDatastore(pathToFileURL(folder).href);
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const printed = async (execution: string): Promise<void> =>
    store.put(`jobs/${token}/log/${execution}.000000`, [Buffer.from('1 o - 1\n.')]);

  const settled = async (status: Failed = said({ reason: 'timeout' })): Promise<JobStatus> =>
    settleEnd(store, { job: 'j', token, status, detail: { attempts: [{}, {}] } });

  test('had not begun when it has stored nothing either', async () => {
    const message = 'Batch ended it before its task began: its container ended';
    expect(await settled()).toMatchObject({ reason: 'start-failed', message });
    expect(await settled(said({ reason: 'lost' }))).toMatchObject({ reason: 'lost' });
  });

  test('had not begun when only an earlier try of it has', async () => {
    await printed('000000001-abcdef-1');
    await store.put(`jobs/${token}/end`, [Buffer.from(`${JSON.stringify(record(task(), '1'))}\n`)]);
    expect(await settled()).toMatchObject({ reason: 'start-failed' });
  });

  test.each(['000000001-abcdef-2', '000000001-abcdef'])(
    'has used up its time when %s has',
    async (execution) => {
      await printed(execution);
      expect(await settled()).toMatchObject({ reason: 'timeout', message: 'its container ended' });
    },
  );
});
