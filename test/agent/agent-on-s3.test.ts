// Remote tasks against an S3 server: what they cost in requests, and what they leave when the network or the agent fails.
import {
  asChunk,
  conformanceRequest,
  FaultProxy,
  MotoServer,
  printedLine,
  printedLines,
} from '@leat/testing';
import { readEnd, removeTraces } from 'leat/agent';
import { readPack } from 'leat/datastore';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Agents, textOf } from './agents.ts';

let moto: MotoServer;
let proxy: FaultProxy;
let agents: Agents;

beforeAll(async () => {
  moto = await MotoServer.start();
  await moto.createBucket('leat-agents');
  Object.assign(process.env, moto.env);
  proxy = await FaultProxy.start({ upstream: moto.endpoint, seed: 7 });
  agents = await Agents.make('s3://leat-agents/runs', { ...moto.env, AWS_ENDPOINT_URL: proxy.endpoint });
}, 180_000);
afterAll(async () => {
  await agents.remove();
  await proxy.stop();
  await moto.stop();
});
beforeEach(async () => {
  await proxy.setShare(0);
  await proxy.reset();
});

const seen = async (...methods: readonly string[]): Promise<readonly string[]> =>
  (await proxy.seen())
    .filter(({ method }) => methods.includes(method))
    .map(({ method, path }) => `${method} ${decodeURIComponent(path.split('?')[0] ?? '')}`);

describe('a task far away', () => {
  it('writes its result and its end and nothing else, when it prints little', async () => {
    const request = conformanceRequest('environment', { environment: { LEAT_CONFORMANCE: 'ünicode' } });
    const agent = await agents.start([conformanceRequest('succeed'), request], 1);
    expect([await agent.ended, agent.shown.stderr]).toEqual([0, '']);
    expect(await seen('PUT', 'POST', 'DELETE')).toEqual([
      `PUT /leat-agents/runs/${request.spec.manifest}`,
      `PUT /leat-agents/runs/jobs/${request.token}/end`,
    ]);
    // Its work, the package, and the parameters of the run, which are not there.
    expect((await seen('GET', 'HEAD')).length).toBeLessThanOrEqual(4);
    expect(textOf(await agents.printed(request.token), 'stdout')).toBe('"ünicode"\n');
    expect(await readEnd(agents.store, request.token)).toMatchObject({ status: { state: 'succeeded' } });
    await removeTraces(agents.store, request.token);
    expect(await readEnd(agents.store, request.token)).toBeUndefined();
  });

  it('reports how it failed', async () => {
    const request = conformanceRequest('die');
    const agent = await agents.start([request]);
    expect(await agent.ended).toBe(137);
    expect(await readEnd(agents.store, request.token)).toMatchObject({
      status: { reason: 'exit', signal: 'SIGKILL' },
    });
  });

  it('keeps the members of a chunk apart', async () => {
    const request = asChunk(conformanceRequest('speak'), 3);
    const agent = await agents.start([request]);
    expect([await agent.ended, agent.shown.stderr.includes('mark')]).toEqual([0, false]);
    const chunks = await agents.printed(request.token);
    for (const member of [0, 1, 2]) {
      const own = chunks.filter((chunk) => chunk.member === member);
      expect([textOf(own, 'stdout').trim(), textOf(own, 'stderr').trim()]).toEqual([
        `I am ${member}`,
        `I am ${member}`,
      ]);
    }
    const entries = await Array.fromAsync(readPack(agents.store, request.chunk?.pack ?? ''));
    expect(entries).toHaveLength(3);
  });

  it('loses nothing when a third of its requests fail', async () => {
    await proxy.setShare(0.3);
    const request = conformanceRequest('print');
    const agent = await agents.start([request]);
    expect([await agent.ended, agent.shown.stderr.includes('missing')]).toEqual([0, false]);
    const chunks = await agents.printed(request.token);
    for (const stream of ['stdout', 'stderr'] as const) {
      const lines = Array.from({ length: printedLines }, (_, at) => `${printedLine(stream, at)}\n`);
      expect(textOf(chunks, stream)).toBe(lines.join(''));
    }
    expect((await proxy.seen()).some(({ fault }) => fault !== undefined)).toBe(true);
  });

  it('is read while it runs, and as far as it has stored when its machine vanishes', async () => {
    const request = conformanceRequest('hang');
    const agent = await agents.start([request]);
    await vi.waitFor(async () => {
      expect(textOf(await agents.printed(request.token), 'stdout')).toMatch(/^pid \d+\n$/);
    }, 30_000);
    const pid = Number(agent.shown.stdout.slice(4));
    agent.process.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await agent.ended;
    expect(textOf(await agents.printed(request.token), 'stdout')).toBe(`pid ${pid}\n`);
    expect(await readEnd(agents.store, request.token)).toBeUndefined();
  });
});
