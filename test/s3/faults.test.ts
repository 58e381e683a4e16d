import { type Fault, FaultProxy, MotoServer } from '@leat/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keepsEveryPromise } from './keeps-every-promise.ts';
import { openS3Datastore, type S3Datastore } from '@leat/aws/s3';

let moto: MotoServer;
let proxy: FaultProxy;
const limits = { connect: 2_000, idle: 2_000, whole: 60_000 };
const options = () => ({ env: { ...moto.env, AWS_ENDPOINT_URL: proxy.endpoint }, limits });
const bytes = (text: string): Uint8Array => Buffer.from(text);

beforeAll(async () => {
  moto = await MotoServer.start();
  await moto.createBucket('leat-faults');
  proxy = await FaultProxy.start({ upstream: moto.endpoint, slowMs: 50 });
}, 120_000);
afterAll(async () => {
  await proxy.stop();
  await moto.stop();
});

describe('with 30 % of all requests refused, lost, torn, slow or answered with an error, S3', () => {
  beforeAll(async () => proxy.setShare(0.3));
  afterAll(async () => {
    await proxy.setShare(0);
    const seen = await proxy.seen();
    expect(seen.filter(({ fault }) => fault !== undefined).length / seen.length).toBeGreaterThan(0.2);
  });
  keepsEveryPromise('leat-faults', options);
});

describe('one request in trouble', () => {
  let number = 0;
  let store: S3Datastore;
  const open = async (): Promise<void> => {
    number += 1;
    store = openS3Datastore(`s3://leat-faults/one/${number}`, options());
    await proxy.reset();
  };
  afterEach(async () => store.close());

  it('that creates an object is true when its answer was lost', async () => {
    await open();
    await proxy.faultNext('lost');
    expect(await store.create('once', [bytes('mine')])).toBe(true);
    expect((await proxy.seen()).map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD']);
    await proxy.faultNext('lost');
    expect(await store.create('once', [bytes('mine')])).toBe(false);
  });

  it('that creates an object is false when another one was faster while it was lost on its way', async () => {
    await open();
    const other = openS3Datastore(store.url, options());
    await proxy.faultNext('refused', undefined);
    const [mine, others] = await Promise.all([
      store.create('race', [bytes('mine')]),
      other.create('race', [bytes('mine')]),
    ]);
    expect(mine).not.toBe(others);
    await other.close();
  });

  it('that adds to a log adds once', async () => {
    await open();
    for (const fault of [undefined, 'lost', 'error', 'refused', 'torn'] as const) {
      await proxy.faultNext(fault);
      await store.append('log', bytes(`${fault}\n`));
    }
    expect(Buffer.from((await store.get('log'))!).toString()).toBe('undefined\nlost\nerror\nrefused\ntorn\n');
  });

  it('that ends an upload ends it once', async () => {
    await open();
    const large = Buffer.alloc(20 * 1024 * 1024, 'large');
    await proxy.faultNext(undefined, undefined, undefined, undefined, 'lost');
    async function* source(): AsyncIterable<Uint8Array> {
      yield large;
    }
    await store.putStream('large', source());
    expect(large.equals((await store.get('large'))!)).toBe(true);
    expect(await store.sweepTemporary({ olderThan: Date.now() + 60_000, dryRun: true })).toEqual({
      objects: 0,
      bytes: 0,
    });
  });

  it.each<Fault>(['silent', 'torn', 'slow', 'busy'])(
    'that is %s is sent again, or waited for',
    async (fault) => {
      await open();
      await store.put('key', [bytes('value')]);
      await proxy.faultNext(fault);
      expect(Buffer.from((await store.get('key'))!).toString()).toBe('value');
    },
  );

  it('that never works is given up, with what was tried', async () => {
    await open();
    await proxy.faultNext(...Array.from({ length: 12 }, () => 'busy' as const));
    const failure = await store.get('key').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      hint: expect.stringMatching(/leat (?:recover|resume)/),
    });
    expect((failure as Error).message).toMatch(
      /^cannot read 's3:\/\/leat-faults\/one\/\d+\/key': .*\(tried 12 times\)$/,
    );
  }, 120_000);
});
