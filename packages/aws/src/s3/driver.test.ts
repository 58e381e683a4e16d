// What a task's process pays for the driver before its first byte: counted in what is loaded, since times differ from machine to machine.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { builtinModules } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { OutputFile } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
let folder = '';
let server: Server;
let driver = '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-driver-'));
  // Not a static import: how the project is built is no part of what is built.
  const script = new URL('../../../../scripts/s3-driver-bundle.ts', import.meta.url).href;
  const bundle = (await import(script)) as {
    readonly buildS3Driver: (folder: string) => Promise<readonly OutputFile[]>;
  };
  for (const { path: file, contents } of await bundle.buildS3Driver(folder)) writeFileSync(file, contents);
  driver = path.join(folder, 's3-driver.cjs');
  server = createServer((_, response) => response.end('bytes'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}, 30_000);

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

interface Loaded {
  readonly named: readonly string[];
  /** Their number, with Node's own parts. */
  readonly all: number;
}

/** Modules of Node that a process has loaded in the end, beyond those of a process that does nothing. */
async function loaded(program: string): Promise<Loaded> {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
  };
  const list =
    "process.on('exit', () => require('node:fs').writeSync(1, process.moduleLoadList.join('\\n')));";
  const modulesOf = async (text: string): Promise<readonly string[]> =>
    (await run(process.execPath, ['-e', `${list}${text}`], { env })).stdout.split('\n');
  const always = new Set(await modulesOf(''));
  const more = (await modulesOf(program)).filter((name) => !always.has(name));
  const names = more.map((name) => name.replace(/^NativeModule /, ''));
  return {
    named: names.filter((name) => builtinModules.includes(name) && !name.startsWith('_')).toSorted(),
    all: more.length,
  };
}

const open = (): string =>
  `const store = require(${JSON.stringify(driver)}).openDatastore('s3://data/leat');`;

it('is one file, made of our own code and of the packages that are named here', () => {
  const { sources } = JSON.parse(readFileSync(`${driver}.map`, 'utf8')) as {
    readonly sources: readonly string[];
  };
  const packages = sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(['aws4']);
});

// Of those that programs can name. `crypto` is for signing, and brings `stream` along.
const opened = ['crypto', 'os', 'stream', 'stream/promises', 'string_decoder', 'timers/promises'];

it('opens with the modules of Node that are named here, and what these load', async () => {
  const { named, all } = await loaded(open());
  expect(named).toEqual(opened);
  expect(all).toBeLessThan(50);
});

it('reads its first object with the modules of HTTP besides', async () => {
  const { named, all } = await loaded(`${open()} store.get('x').then(() => store.close());`);
  expect(named).toEqual([...opened, 'http', 'net'].toSorted());
  expect(all).toBeLessThan(70);
});
