// Any image becomes one that runs tasks: real containers of images that have a Node, or not, or nothing that could fetch one.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import { hash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ContainerEngine, testImage, type TestImage } from '@leat/testing';
import { agentEnvironment, agentExits, bootstrapCommand, packTools } from 'leat/agent';
import { openDatastore } from 'leat/datastore';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storeNode } from '../../packages/leat/src/package/tools/write-node.ts';
import type { StoredNode } from '../../packages/leat/src/package/tools/tool-files.ts';

const tool = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../packages/leat/dist/task/${name}`, import.meta.url)));

/** In place of the agent: says that it has come so far, and under which Node. */
const saysHello = Buffer.from(
  `console.log('agent', process.version, require('node:fs').readdirSync(__dirname).join(), process.execArgv.join())`,
);

const pack = Buffer.concat(
  packTools([
    { name: 'agent.cjs', bytes: saysHello },
    { name: 'runner.cjs', bytes: tool('runner.cjs') },
  ]),
);

let engine: ContainerEngine;
let server: Server;
let folder: string;
let origin: string;
let node: StoredNode;
/** What each container has asked for, by its name. */
const requests = new Map<string, string[]>();

beforeAll(async () => {
  engine = ContainerEngine.prepare();
  folder = mkdtempSync(path.join(tmpdir(), 'leat-bootstrap-'));
  const store = await openDatastore(pathToFileURL(folder).href);
  node = await storeNode(store, { path: process.execPath, platform: 'linux-x64', cacheDir: folder });
  const objects = new Map([
    ['tools', pack],
    ['node', readFileSync(path.join(folder, node.key))],
    ['damaged', Buffer.from('damaged')],
  ]);
  server = createServer(({ url = '' }, answer) => {
    const [, name = '', place = ''] = url.split('/');
    requests.get(name)?.push(place);
    const body = objects.get(place);
    if (body !== undefined) answer.end(body);
    else if (place === 'expired')
      answer.writeHead(403).end('<Error><Message>Request has expired</Message></Error>');
    else answer.writeHead(503).end('slow down');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 180_000);

afterAll(async () => {
  server.close();
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Case {
  /** What is linked to: `tools` and `node`, unless told. */
  readonly tools?: string;
  readonly node?: string | undefined;
  readonly platform?: string;
  /** More for `podman run`. */
  readonly args?: readonly string[];
}

/** Runs the bootstrap in a container as a layer would. */
async function bootstrap(image: TestImage, given: Case = {}) {
  const { tools = 'tools', platform = 'linux-x64', args = [] } = given;
  const linked = 'node' in given ? given.node : 'node';
  const name = `leat-bootstrap-${randomUUID()}`;
  const asked: string[] = [];
  requests.set(name, asked);
  const { sha256, libatomic } = node;
  const environment = agentEnvironment({
    datastore: 's3://bucket',
    work: 'runs/F/1/work/a',
    tools: { url: `${origin}/${name}/${tools}`, sha256: hash('sha256', pack) },
    ...(linked === undefined
      ? {}
      : { node: { url: `${origin}/${name}/${linked}`, sha256, platform, libatomic } }),
  });
  const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const options = ['--name', name, '--network', 'host', ...variables, ...args];
  const { stdout, stderr } = await engine.podman(
    'run',
    ...options,
    await testImage(engine, image),
    ...bootstrapCommand(),
  );
  // `podman run` itself may miss the exit code on a busy machine.
  const code = Number((await engine.podman('inspect', '-f', '{{.State.ExitCode}}', name)).stdout);
  await engine.podman('rm', '-f', name);
  return { code, stdout, stderr, asked };
}

describe.concurrent('the bootstrap', () => {
  it('uses the Node of an image that has one', async () => {
    const { code, stdout, asked } = await bootstrap('node');
    expect(stdout).toMatch(/^agent v\d+\S+ agent\.cjs,runner\.cjs /);
    expect([code, asked]).toEqual([0, ['tools']]);
  });

  it.each(['python', 'curl'] as const)(
    'brings a Node along for an image with %s only, though that has no libatomic',
    async (image) => {
      const { code, stdout, stderr, asked } = await bootstrap(image);
      expect([stderr, code, asked]).toEqual(['', 0, ['node', 'tools']]);
      expect(stdout).toContain(`agent ${process.version} `);
    },
  );

  it('needs no temporary folder that programs may run from, where there is another one', async () => {
    const { code, stdout, stderr } = await bootstrap('python', {
      args: ['--tmpfs', '/tmp:rw,noexec,size=1m'],
    });
    expect([stderr, code, stdout.slice(0, 7)]).toEqual(['', 0, 'agent v']);
  });

  it.each<readonly [string, TestImage, Case, number, string]>([
    ['musl', 'busybox', {}, agentExits.unsupported, 'is built on musl'],
    ['nothing to download with', 'bare', {}, agentExits.noDownloader, 'curl, wget, python3 or perl'],
    ['no Node at all', 'bare', { node: undefined }, agentExits.unsupported, 'this run brings none along'],
    [
      'another processor',
      'curl',
      { platform: 'linux-arm64' },
      agentExits.unsupported,
      'is for linux-arm64, while this is linux-x64',
    ],
    [
      'a read-only container',
      'curl',
      { args: ['--read-only', '--read-only-tmpfs=false'] },
      agentExits.noRoom,
      'no folder that programs may be written to',
    ],
    [
      'no variables',
      'node',
      { args: ['--env', 'LEAT_TOOLS='] },
      agentExits.misconfigured,
      'LEAT_TOOLS is missing',
    ],
    ['other bytes', 'curl', { node: 'damaged' }, agentExits.damaged, 'came damaged: its sha256 is'],
    [
      'other bytes of the tools',
      'node',
      { tools: 'damaged' },
      agentExits.damaged,
      "Leat's tools came damaged",
    ],
    ['a busy server', 'node', { tools: 'busy' }, agentExits.downloadFailed, 'HTTP 503'],
    ['a busy server of the Node', 'curl', { node: 'busy' }, agentExits.downloadFailed, 'HTTP 503'],
    ['a busy server, to Python', 'python', { node: 'busy' }, agentExits.downloadFailed, 'HTTP 503'],
  ])('says what is wrong with %s', async (...[, image, given, exit, message]) => {
    const { code, stderr } = await bootstrap(image, given);
    expect(stderr).toContain(message);
    expect(code).toBe(exit);
  });

  it.each<readonly [TestImage, Case]>([
    ['curl', { node: 'expired' }],
    ['python', { node: 'expired' }],
    ['node', { tools: 'expired' }],
  ])('says at once to an image with %s that a link has expired', async (image, given) => {
    const { code, stderr, asked } = await bootstrap(image, given);
    expect(stderr).toContain('is refused: it has expired');
    expect([code, asked]).toEqual([agentExits.linkExpired, ['expired']]);
  });

  it('is short enough for a job definition', () => {
    expect(JSON.stringify(bootstrapCommand()).length).toBeLessThan(10 * 1024);
  });
});
