import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { groupAttempts } from './arrays.ts';
import { AwsCalls } from './aws-calls.ts';
import { CallBudget } from './call-budget.ts';
import { findIntents } from './intents.ts';
import { requestOf } from './requests.fixture.ts';
import { Sender } from './sender.ts';
import { awsError, SimulatedBatch, VirtualTiming } from './simulated-batch.fixture.ts';

let folder = '';
let store: Datastore;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-sender-'));
  store = await openDatastore(pathToFileURL(folder).href);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const stored = async (): Promise<Record<string, string>> => ({});
const gone = async (): Promise<never> => Promise.reject(new Error('the datastore is away'));

function senderFor(api: SimulatedBatch, timing = new VirtualTiming(), storeWork = stored): Sender {
  timing.passing = () => api.hidden.clear();
  return new Sender({
    api,
    calls: new AwsCalls(new CallBudget(timing), new AbortController().signal, timing),
    store,
    timing,
    definitionOf: async () => 'leat-1:1',
    forgetDefinition: () => undefined,
    storeWork,
    closed: new AbortController().signal,
  });
}

const groupOf = (count: number) => {
  const [group] = groupAttempts(Array.from({ length: count }, () => requestOf()));
  if (group === undefined) throw new Error('no group');
  return group;
};

const idOf = (sent: Awaited<ReturnType<Sender['send']>>): string =>
  'book' in sent ? sent.book.id : sent.refused;

describe('each group gets there once', () => {
  test.each([
    ['an answer that was lost', true, awsError('TimeoutError', undefined)],
    ['a fault after the effect', true, awsError('ServerException', 500)],
    ['a fault before it', false, awsError('ServerException', 500)],
    ['a refusal for want of budget', false, awsError('TooManyRequestsException', 429)],
  ])('%s', async (_, after, error) => {
    const batch = new SimulatedBatch();
    batch.troubles.push({ after, error });
    const sent = await senderFor(batch).send(groupOf(5));
    expect([...batch.jobs.keys()]).toEqual([idOf(sent)]);
  });

  test('also when Batch does not show at once what it has taken', async () => {
    const batch = new SimulatedBatch();
    const lost = { after: true, error: awsError('TimeoutError', undefined) };
    batch.troubles.push(lost);
    batch.hidden.add('00000000-0000-4000-8000-000000000001');
    expect(idOf(await senderFor(batch).send(groupOf(2)))).toBe('00000000-0000-4000-8000-000000000001');
    expect(batch.jobs.size).toBe(1);
  });

  test('when another engine sends it again after a death between call and answer', async () => {
    const batch = new SimulatedBatch();
    const group = groupOf(4);
    const first = await senderFor(batch).send(group);
    const second = await senderFor(batch).send(group);
    expect(idOf(second)).toBe(idOf(first));
    expect(batch.counts.submitJob).toBe(1);
  });

  test('when it died after the record and before the call', async () => {
    const batch = new SimulatedBatch();
    const group = groupOf(4);
    batch.submitJob = async () => Promise.reject(new Error('the engine died'));
    await expect(senderFor(batch).send(group)).rejects.toThrow('the engine died');
    const next = new SimulatedBatch();
    await senderFor(next).send(group);
    expect(next.jobs.size).toBe(1);
  });
});

describe('an engine that takes over from one that died just now', () => {
  async function takeOver(listedAfter: number, age: number) {
    const batch = new SimulatedBatch();
    const timing = new VirtualTiming();
    batch.listing = { afterMs: listedAfter, timing };
    const group = groupOf(2);
    const sent = await senderFor(batch, timing).send(group);
    const [first] = group.requests;
    const [intent] = await findIntents(store, first?.spec ?? { flow: '', run: '' }, [first?.token ?? '']);
    if (intent === undefined) throw new Error('no intent');
    const next = senderFor(batch, timing);
    const aged = { ...intent, recordedAt: intent.recordedAt - age };
    const found = (await next.find(aged)) ?? (await next.awaitListed(aged));
    return { sent: idOf(sent), found: found?.id, looks: batch.counts.jobsNamed, waited: timing.now() };
  }

  test.each([
    ['some seconds', 12_000, 0],
    ['fifty seconds', 50_000, 0],
    ['forty seconds, which was recorded five seconds ago', 40_000, 5000],
  ])('finds a job that Batch lists late: %s', async (_, listedAfter, age) => {
    const { sent, found, looks } = await takeOver(listedAfter, age);
    expect(found).toBe(sent);
    expect(looks).toBeLessThan(12);
  });

  test('waits no longer than a minute for one that was never sent, whatever the clocks say', async () => {
    const { found, waited } = await takeOver(Number.POSITIVE_INFINITY, -3_600_000);
    expect([found, waited]).toEqual([undefined, 60_000]);
  });

  test.each([
    ['could not store', (batch: SimulatedBatch) => senderFor(batch, new VirtualTiming(), gone)],
    [
      'was refused for now',
      (batch: SimulatedBatch) => {
        batch.submitJob = async () => Promise.reject(awsError('ClientException', 400, 'is being updated'));
        return senderFor(batch);
      },
    ],
  ])('and not by one whose own call %s: nothing is waited for', async (_, senderOf) => {
    const batch = new SimulatedBatch();
    const sender = senderOf(batch);
    const group = groupOf(2);
    await expect(sender.send(group)).rejects.toThrow();
    const [first] = group.requests;
    const [intent] = await findIntents(store, first?.spec ?? { flow: '', run: '' }, [first?.token ?? '']);
    if (intent === undefined) throw new Error('no intent');
    expect(await sender.awaitListed(intent)).toBeUndefined();
    expect(batch.counts.jobsNamed).toBe(0);
  });

  test('looks once for one that is there', async () => {
    const { sent, found, looks } = await takeOver(0, 0);
    expect([found, looks]).toEqual([sent, 1]);
  });

  test('looks once, and does not wait, for what was recorded more than a minute ago', async () => {
    const { found, looks } = await takeOver(12_000, 61_000);
    expect([found, looks]).toEqual([undefined, 1]);
  });
});

test('what was sent twice all the same is found once, and the other is ended', async () => {
  const batch = new SimulatedBatch();
  const group = groupOf(2);
  const sender = senderFor(batch);
  const sent = await sender.send(group);
  await batch.submitJob({ jobName: group.name, jobQueue: 'main', jobDefinition: 'd' });
  const [intent] = await findIntents(store, group.requests[0]?.spec ?? { flow: '', run: '' }, [
    group.requests[1]?.token ?? '',
  ]);
  if (intent === undefined) throw new Error('no intent');
  expect((await sender.find(intent))?.id).toBe(idOf(sent));
  expect(batch.terminated).toEqual(['00000000-0000-4000-8000-000000000002']);
});

test('what Batch never takes is refused with its words', async () => {
  const batch = new SimulatedBatch();
  batch.troubles.push({
    after: false,
    error: awsError('ClientException', 400, 'JobQueue main does not exist'),
  });
  expect(await senderFor(batch).send(groupOf(1))).toEqual({
    refused: 'Batch refuses the job: ClientException: JobQueue main does not exist',
  });
});

test('a queue that takes nothing just now is no refusal', async () => {
  const batch = new SimulatedBatch();
  batch.troubles.push({
    after: false,
    error: awsError('ClientException', 400, 'JobQueue main is not in ENABLED state'),
  });
  await expect(senderFor(batch).send(groupOf(1))).rejects.toThrow(/does not take the job now/);
});
