/** What the layer costs the API, and that what it sends is found again: against a server, with jobs that take no containers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BatchClient, CreateJobQueueCommand } from '@aws-sdk/client-batch';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { BatchServer, conformanceContextIn } from '@leat/testing';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BatchLayer } from './batch-layer.ts';
import { parseBatchOptions } from './options.ts';
import { requestOf, resourcesOf } from './requests.fixture.ts';

let server: BatchServer;
let folder = '';
let store: Datastore;
const before = { ...process.env };

beforeAll(async () => {
  server = await BatchServer.start({ seconds: 0.2, slots: 1000, managed: true });
  await server.createBucket('calls');
  Object.assign(process.env, server.env);
  folder = mkdtempSync(path.join(tmpdir(), 'leat-batch-'));
  store = await openDatastore('s3://calls/leat');
}, 120_000);

afterAll(async () => {
  await store.close();
  process.env = before;
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function openLayer(): Promise<BatchLayer> {
  const context = await conformanceContextIn(store, path.join(folder, 'cache'));
  return BatchLayer.open(context, { pace: { first: 100, longest: 1000 } });
}

const options = () => parseBatchOptions({ queue: 'main', jobRole: server.role }, {}) as never;

async function endAll(layer: BatchLayer, jobs: readonly string[]): Promise<number> {
  const open = new Set(jobs);
  let succeeded = 0;
  while (open.size > 0) {
    const answer = await layer.poll([...open], { waitMs: 20_000, signal: AbortSignal.timeout(60_000) });
    for (const [job, { state }] of answer) {
      if (state !== 'succeeded' && state !== 'failed') continue;
      open.delete(job);
      if (state === 'succeeded') succeeded += 1;
    }
  }
  return succeeded;
}

describe('calls of the API', () => {
  test.each([100, 1000, 10_000])(
    'a foreach of %d is one submit, and the describes are bounded',
    { timeout: 120_000 },
    async (count) => {
      const layer = await openLayer();
      const earlier = await server.calls();
      const results = await layer.submit(
        Array.from({ length: count }, () => requestOf({ options: options() })),
      );
      const jobs = results.map((result) => ('job' in result ? result.job : ''));
      expect(new Set(jobs).size).toBe(count);
      expect(jobs[count - 1]).toMatch(new RegExp(`:${count - 1}$`));
      expect(await endAll(layer, jobs)).toBe(count);
      const calls = await server.calls();
      const made = (name: string): number => (calls[name] ?? 0) - (earlier[name] ?? 0);
      expect(made('submitjob')).toBe(1);
      expect(made('registerjobdefinition')).toBeLessThanOrEqual(1);
      // Each child is asked about when it runs and when it has ended, 100 a call; and the parent once a round.
      expect(made('describejobs')).toBeLessThan(60 + (4 * count) / 100);
      await layer.close();
    },
  );

  test(
    'another engine finds the jobs of one that died, whatever part of them it asks for',
    { timeout: 120_000 },
    async () => {
      const first = await openLayer();
      const requests = Array.from({ length: 7 }, () => requestOf({ options: options() }));
      const results = await first.submit(requests);
      const second = await openLayer();
      const { flow, run } = requests[0]?.spec ?? { flow: '', run: '' };
      const tokens = [requests[2]?.token ?? '', requests[6]?.token ?? '', 'nobody'];
      const found = await second.find(tokens, { flow, run });
      expect([...found.values()]).toEqual([2, 6].map((at) => (results[at] as { readonly job: string }).job));
      expect(await endAll(second, [...found.values()])).toBe(2);
      await first.close();
      await second.close();
    },
  );
});

test(
  'a shape is registered once, whoever asks for it, and another shape is another one',
  { timeout: 120_000 },
  async () => {
    const registeredBy = async (layer: BatchLayer, memory: number): Promise<number> => {
      const earlier = await server.calls();
      const resources = resourcesOf({ memory });
      const results = await layer.submit([requestOf({ options: options(), resources })]);
      expect(
        await endAll(
          layer,
          results.map((result) => ('job' in result ? result.job : 'none')),
        ),
      ).toBe(1);
      const name = 'registerjobdefinition';
      return ((await server.calls())[name] ?? 0) - (earlier[name] ?? 0);
    };
    const first = await openLayer();
    const second = await openLayer();
    // Of this test alone, the server being that of all of them.
    expect(await registeredBy(first, 1111)).toBe(1);
    expect(await registeredBy(first, 1111)).toBe(0);
    expect(await registeredBy(second, 1111)).toBe(0);
    expect(await registeredBy(second, 2222)).toBe(1);
    await first.close();
    await second.close();
  },
);

test(
  'a job that waits is explained by what can be read, and what cannot is named',
  { timeout: 60_000 },
  async () => {
    const layer = await openLayer();
    const requests = Array.from({ length: 1200 }, () => requestOf({ options: options() }));
    const [first] = await layer.submit(requests);
    const job = first !== undefined && 'job' in first ? first.job : '';
    const { cause } = await layer.diagnose(job.replace(/:0$/, ':1199'));
    expect(cause.length).toBeGreaterThan(0);
    await layer.cancel(requests.map((_, index) => job.replace(/:0$/, `:${index}`)));
    await layer.close();
  },
);

describe('check', () => {
  const checked = async (given: Readonly<Record<string, unknown>>, resources = resourcesOf()) => {
    const layer = await openLayer();
    const found = await layer.check([
      { step: 'train', resources, options: parseBatchOptions(given, {}) as never },
    ]);
    await layer.close();
    return found;
  };
  const troubles = async (given: Readonly<Record<string, unknown>>, resources = resourcesOf()) =>
    (await checked(given, resources))
      .filter(({ level }) => level !== 'note')
      .map(({ level, message }) => `${level}: ${message}`);

  test('says what is missing', { timeout: 60_000 }, async () => {
    expect(await troubles({ queue: 'nowhere' })).toEqual([
      "error: step 'train': there is no job queue 'nowhere' in us-east-1",
    ]);
    const jobRole = 'arn:aws:iam::123456789012:role/nobody';
    expect(await troubles({ queue: 'main', jobRole })).toEqual([
      `error: step 'train': its jobRole does not exist: ${jobRole}`,
    ]);
  });

  test(
    'refuses what no instance of the environments can hold, and names the largest',
    {
      timeout: 60_000,
    },
    async () => {
      const given = { queue: 'main', jobRole: server.role };
      // Of what `optimal` stands for: the largest has a terabyte.
      expect(await troubles(given, resourcesOf({ memory: 100_000 }))).toEqual([]);
      expect(await troubles(given, resourcesOf({ memory: 4_000_000 }))).toEqual([
        expect.stringMatching(
          /^error: step 'train': it asks for 1 vCPU and .*; the largest instance of 'main' is [cmr]\d\w*\.\w+ with /,
        ),
      ]);
    },
  );

  test('refuses a queue that takes no jobs', { timeout: 60_000 }, async () => {
    const client = new BatchClient();
    await client.send(
      new CreateJobQueueCommand({
        jobQueueName: 'shut',
        state: 'DISABLED',
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'main' }],
      }),
    );
    client.destroy();
    expect(await troubles({ queue: 'shut', jobRole: server.role })).toEqual([
      "error: step 'train': the job queue 'shut' is DISABLED and takes no jobs",
    ]);
  });

  test('refuses an image that ECR has not', { timeout: 60_000 }, async () => {
    const client = new ECRClient();
    await client.send(new CreateRepositoryCommand({ repositoryName: 'team/train' }));
    const mediaType = 'application/vnd.docker.distribution.manifest.v2+json';
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: { digest: 'sha256:0' },
      layers: [],
    });
    await client.send(
      new PutImageCommand({ repositoryName: 'team/train', imageManifest, imageTag: 'there' }),
    );
    client.destroy();
    const registry = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
    const refused = async (image: string) => troubles({ queue: 'main', jobRole: server.role, image });
    expect(await refused(`${registry}/team/train:there`)).toEqual([]);
    for (const image of [`${registry}/team/train:gone`, `${registry}/nobody:1`])
      expect(await refused(image)).toEqual([`error: step 'train': there is no image '${image}'`]);
    // Not to be asked of this client: nothing is said of it.
    expect(await refused(`${registry.replace('us-east-1', 'eu-north-1')}/nobody:1`)).toEqual([]);
  });

  test('says nothing of what can run but for how long links hold', { timeout: 60_000 }, async () => {
    const found = await checked({ queue: 'main', jobRole: server.role });
    expect(found).toEqual([
      {
        step: 'train',
        level: 'note',
        message: expect.stringContaining('those that are signed now hold for 7 days'),
      },
    ]);
  });
});
