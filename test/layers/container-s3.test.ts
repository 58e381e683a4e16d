/** Tasks in containers whose results are kept in S3. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { FaultProxy, MotoServer } from '@leat/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LeatOnLayer } from './leat-on-layer.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

let engine: TestEngine;
let moto: MotoServer;
beforeAll(async () => {
  [engine, moto] = await Promise.all([openEngine(), MotoServer.start()]);
  await moto.createBucket('leat-containers');
});
afterAll(async () => {
  await moto.stop();
  await engine.close();
});

const secret = 'a-secret-that-nobody-prints';

const flow = `
import { Flow, step, type Inputs } from 'leat';
export default class FarFlow extends Flow {
  declare squares: number[]; declare square: number; declare told: string[];
  @step start() {
    this.told = [...new Set([...Object.keys(process.env)].filter((name) => name.startsWith('LEAT_')))];
    this.next(this.fan, { foreach: [1, 2] });
  }
  @step fan(item: number) { this.square = item * item; console.log('at', item); this.next(this.join); }
  @step join(inputs: Inputs<FarFlow>) { this.squares = inputs.map(({ square }) => square); this.next(this.end); }
  @step end() {}
}`;

/** Runs the flow; whatever the engine shows of its containers meanwhile has no secret in it. */
async function runFar(leat: LeatOnLayer): Promise<void> {
  leat.write('flow.ts', flow);
  const started = leat.start(['run', 'flow.ts']);
  let seen = 0;
  const over = new AbortController();
  const done = started.done.finally(() => over.abort());
  while (!over.signal.aborted) {
    const shown = await engine.inspectAll();
    if (shown.includes('leat.engine')) seen += 1;
    expect(shown).not.toContain(secret);
  }
  const { exitCode, stderr } = await done;
  expect(exitCode, stderr).toBe(0);
  expect(seen).toBeGreaterThan(0);
  const all = await leat.artifacts('FarFlow/1');
  expect(all.get('join')?.['squares']).toEqual([1, 4]);
  expect(stderr).not.toContain(secret);
  const lines = await leat.json<{ text: string }[]>('logs', 'FarFlow/1/fan[1]');
  expect(lines.map(({ text }) => text)).toEqual(['at 2']);
}

it('they reach it with what Leat was given, which stands in no place that others see', async () => {
  const leat = new LeatOnLayer('container', {
    ...engine.environment,
    ...moto.env,
    AWS_SECRET_ACCESS_KEY: secret,
    LEAT_DATASTORE: 's3://leat-containers/data',
  });
  try {
    await runFar(leat);
  } finally {
    leat.dispose();
  }
});

it('their package and tools are uploaded by the first run, and not again by the next', async () => {
  const proxy = await FaultProxy.start({ upstream: moto.endpoint });
  const leat = new LeatOnLayer('container', {
    ...engine.environment,
    ...moto.env,
    AWS_ENDPOINT_URL: proxy.endpoint,
    LEAT_DATASTORE: 's3://leat-containers/once',
  });
  const uploads = async (): Promise<readonly string[]> => {
    const seen = await proxy.seen();
    await proxy.reset();
    return seen
      .filter(
        ({ method, path: of }) => (method === 'PUT' || method === 'POST') && /\/(packages|tools)\//.test(of),
      )
      .map(({ method, path: of }) => `${method} ${of}`);
  };
  try {
    leat.write('flow.ts', flow);
    await proxy.reset();
    await leat.ok(['run', 'flow.ts']);
    const first = await uploads();
    expect(first.length).toBeGreaterThan(0);
    await leat.ok(['run', 'flow.ts']);
    expect(await uploads()).toEqual([]);
    expect((await leat.artifacts('FarFlow/2')).get('join')?.['squares']).toEqual([1, 4]);
  } finally {
    leat.dispose();
    await proxy.stop();
  }
});

const hour = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** Ways to credentials that a container has not: none of these variables and files is there. */
const ways: Readonly<Record<string, (folder: string) => NodeJS.ProcessEnv>> = {
  'keys of a profile': (folder) => {
    const keys = `[work]\naws_access_key_id = test\naws_secret_access_key = ${secret}\n`;
    writeFileSync(path.join(folder, 'keys'), keys);
    return { AWS_PROFILE: 'work', AWS_SHARED_CREDENTIALS_FILE: path.join(folder, 'keys') };
  },
  'a program of a profile, as after a login': (folder) => {
    const answer = {
      Version: 1,
      AccessKeyId: 'test',
      SecretAccessKey: secret,
      SessionToken: secret,
      Expiration: hour(),
    };
    writeFileSync(path.join(folder, 'answer.json'), JSON.stringify(answer));
    const config = `[profile work]\ncredential_process = cat ${path.join(folder, 'answer.json')}\n`;
    writeFileSync(path.join(folder, 'config'), config);
    return { AWS_PROFILE: 'work', AWS_CONFIG_FILE: path.join(folder, 'config') };
  },
  'the role of a token in a file': (folder) => {
    writeFileSync(path.join(folder, 'token'), secret);
    return {
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/far',
      AWS_WEB_IDENTITY_TOKEN_FILE: path.join(folder, 'token'),
    };
  },
};

it.each(Object.entries(ways))('they reach it with %s', async (name, way) => {
  const leat = new LeatOnLayer('container', { ...engine.environment, ...moto.env });
  try {
    Object.assign(leat.env, {
      AWS_ACCESS_KEY_ID: undefined,
      AWS_SECRET_ACCESS_KEY: undefined,
      ...way(leat.folder),
      LEAT_DATASTORE: `s3://leat-containers/${name.replaceAll(' ', '-')}`,
    });
    await runFar(leat);
  } finally {
    leat.dispose();
  }
});

it('without any credentials nothing is begun, and it says what to do', async () => {
  const leat = new LeatOnLayer('container', { ...engine.environment, ...moto.env });
  try {
    leat.write('flow.ts', flow);
    for (const command of ['check', 'run']) {
      const { exitCode, stderr } = await leat.call([command, 'flow.ts'], {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
        HOME: leat.folder,
        LEAT_DATASTORE: 's3://leat-containers/none',
      });
      expect(exitCode).toBe(4);
      expect(stderr).toContain('there are no credentials of AWS');
      expect(stderr).toContain('AWS_PROFILE');
    }
  } finally {
    leat.dispose();
  }
});
