// Jobs of Batch whose container could not be made ready: what has failed is said, whose fault it is, and what may help is tried again.
import { BatchServer, ContainerEngine, FaultProxy, testImage, type TestImage } from '@leat/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';

let engine: ContainerEngine;
let server: BatchServer;
let proxy: FaultProxy;
let leat: Leat;

beforeAll(async () => {
  engine = await ContainerEngine.start();
  // A queue in which jobs wait for two hours.
  server = await BatchServer.start({ grace: 3, waited: 7200, dockerHost: engine.host });
  await server.createBucket('runs');
  proxy = await FaultProxy.start({ upstream: server.endpoint });
}, 300_000);

afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await engine.stop();
});

beforeEach(() => {
  leat = new Leat({
    ...server.env,
    // Links lead to where the engine finds its datastore.
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
    LEAT_DATASTORE: 's3://runs/leat',
    LEAT_BATCH_QUEUE: 'main',
    LEAT_BATCH_JOB_ROLE: server.role,
  });
  leat.write(
    'flow.ts',
    `
import { Flow, step, local } from 'leat';
export default class StartFlow extends Flow {
  @local @step start() { this.next(this.far); }
  @step far() { console.log('ran as try', process.env.AWS_BATCH_JOB_ATTEMPT); this.next(this.end); }
  @local @step end() {}
}`,
  );
});

afterEach(() => leat.dispose());

/** `leat run` on Batch, in this image. */
const run = async (image: TestImage, ...more: readonly string[]) =>
  leat.call(['run', 'flow.ts', '--with', 'batch:memory=300', ...more], {
    LEAT_BATCH_IMAGE: await testImage(engine, image),
  });

describe('a job of Batch that cannot begin', { timeout: 300_000 }, () => {
  it('whose link had expired in the queue is sent again with a new one, and no try is used up', async () => {
    await proxy.expireNext(1);
    const { exitCode, stdout, stderr } = await run('node');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("the link to Leat's tools had expired when its container started");
    expect(stdout).toContain('ran as try 1');
    const task = (await leat.tasks('StartFlow/latest')).find(({ task: name }) => name === 'far');
    // There was no @retry: the platform's fault is the platform's.
    expect(task).toMatchObject({ status: 'succeeded', attempts: 2 });
    const log = await leat.ok(['logs', 'StartFlow/latest/far@0']);
    expect(log.stdout + log.stderr).toContain("leat: the link to Leat's tools is refused");
    const seen = await proxy.seen();
    const links = seen.filter(({ path }) => path.includes('X-Amz-Signature='));
    expect(links.map(({ fault }) => fault)).toEqual(['expired', undefined]);
    expect(links[0]?.path).not.toBe(links[1]?.path);
  });

  it('whose tools somebody has removed is sent again, with tools that are stored again', async () => {
    leat.write(
      'flow.ts',
      `
import { Flow, step, local } from 'leat';
import { openDatastore } from 'leat/datastore';
export default class GoneFlow extends Flow {
  @local @step start() { this.next(this.far); }
  @step far() { this.next(this.between); }
  @local @step async between() {
    const store = await openDatastore(process.env.LEAT_DATASTORE!);
    for await (const { key } of store.list('')) if (key.includes('/tools/')) await store.delete([key]);
    await store.close();
    this.next(this.further);
  }
  @step further() { this.next(this.end); }
  @local @step end() {}
}`,
    );
    const { exitCode, stderr } = await run('node');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("the datastore refused the link to Leat's tools when its container started");
    const tasks = await leat.tasks('GoneFlow/latest');
    const attempts = (of: string) => tasks.find(({ task: name }) => name === of)?.['attempts'];
    expect([attempts('far'), attempts('further')]).toEqual([1, 2]);
    const log = await leat.ok(['logs', 'GoneFlow/latest/further@0']);
    expect(log.stdout + log.stderr).toContain('it is not allowed, or the object is gone. HTTP 404');
  });

  it.each<readonly [string, TestImage, string]>([
    [
      'no Node and nothing to fetch one with',
      'bare',
      'its image has no Node 24 and nothing to download one with',
    ],
    [
      'musl and no Node',
      'busybox',
      'its image has no Node 24, and cannot run the one that Leat brings along',
    ],
  ])('for good, with %s: the run fails and says so', async (_, image, says) => {
    const { exitCode, stderr } = await run(image);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(says);
    const task = (await leat.tasks('StartFlow/latest')).find(({ task: name }) => name === 'far');
    expect(task).toMatchObject({ status: 'failed', attempts: 1 });
  });
});
