// From nothing to a run, as the page about AWS Batch tells it: the template is deployed, a profile made of its stack and tried out, a flow is run
// with it in real containers, and asked about afterwards. AWS is moto with the semantics of Batch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { BatchServer, ContainerEngine, testImage } from '@leat/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deployTemplate } from '../src/setup/deploy.fixture.ts';

const program = path.resolve(import.meta.dirname, '../../leat/bin/leat.js');

let engine: ContainerEngine;
let server: BatchServer;
let env: NodeJS.ProcessEnv = {};
const folder = mkdtempSync(path.join(tmpdir(), 'leat-first-run-'));
let image = '';

const flow = `
import { Flow, resources, step } from 'leat';
export default class SquaresFlow extends Flow {
  declare square: number;
  declare sum: number;
  @step start() { this.next(this.work, { foreach: [1, 2, 3] }); }
  @resources({ memory: 300 }) @step work(n: number) { this.square = n * n; console.log('squared', n); this.next(this.join); }
  @step join(inputs: readonly { square: number }[]) { this.sum = [...inputs].reduce((sum, one) => sum + one.square, 0); this.next(this.end); }
  @step end() { console.log('sum', this.sum); }
}
`;

/** Of `BatchServer`. */
const serviceRole = 'arn:aws:iam::123456789012:role/leat-batch';

/** A thousand for each hour of a vCPU, nothing for memory. */
const ownTable = {
  asOf: '2027-01-02',
  currency: 'EUR',
  region: 'here',
  kinds: { ours: { name: 'ours', vcpuHour: 1000, gbHour: 0 } },
  queues: [{ name: '*', kind: 'ours' }],
  notIncluded: 'storage',
};

interface Called {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line, as a user calls it. */
async function call(...args: readonly string[]): Promise<Called> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { exitCode: Number(exitCode), stdout, stderr };
}

beforeAll(async () => {
  engine = await ContainerEngine.start();
  image = await testImage(engine, 'node');
  server = await BatchServer.start({ slots: 3, grace: 3, dockerHost: engine.host });
  env = { ...process.env, ...server.env, NO_COLOR: '1', XDG_CONFIG_HOME: folder, LEAT_PROFILE: '' };
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(folder, 'squares.ts'), flow);
}, 300_000);

afterAll(async () => {
  await server.stop();
  await engine.stop();
});

it('goes from an empty account to results, and says what they cost', { timeout: 600_000 }, async () => {
  const template = await call('aws', 'template');
  expect(template).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await deployTemplate(server.endpoint, template.stdout, serviceRole)).toMatchObject({
    status: 'CREATE_COMPLETE',
  });

  const configured = await call('configure', 'aws', '--from-stack', 'leat', '--image', image, '--json');
  expect(configured).toMatchObject({ exitCode: 0, stderr: '' });
  const { file } = JSON.parse(configured.stdout) as { readonly file: string };
  expect(readFileSync(file, 'utf8')).toMatch(/"queue": "leat-spot"/);

  const kept = await call('configure', 'show');
  expect(kept).toMatchObject({ exitCode: 0, stderr: '' });
  expect(kept.stdout).toContain(file);
  expect(kept.stdout).toMatch(/"queue": "leat-spot"/);

  const validated = await call('configure', 'validate');
  expect(validated.stdout.split('\n').filter((line) => line.startsWith('✗'))).toEqual([]);
  expect(validated.stdout).toMatch(/✓ datastore s3:\/\/leat-bucket-.*created, read and deleted/);
  expect(validated.stdout).toMatch(/✓ queue 'leat-spot': leat-SpotEnvironment/);
  expect(validated.exitCode).toBe(0);

  const ran = await call('run', 'squares.ts', '--with', 'batch');
  expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('sum 14') });
  expect(ran.stderr).toMatch(/^batch: .*queue=leat-spot.* \(profile\)$/m);
  expect(ran.stderr).toMatch(
    /^ {2}batch: .* vCPU-hours, .* by estimate less than \$0\.01 \(EC2 Spot in us-east-1, prices of /m,
  );

  const shown = JSON.parse((await call('show', 'SquaresFlow/latest', '--json')).stdout) as {
    readonly costs: readonly { readonly vcpuHours: number; readonly asOf: string }[];
  };
  expect(shown.costs[0]?.vcpuHours).toBeGreaterThan(0);

  // A table of the user's own: other prices, of another day, in other money.
  writeFileSync(path.join(folder, 'mine.json'), JSON.stringify(ownTable));
  const mine = JSON.parse(
    (await call('show', 'SquaresFlow/latest', '--prices', 'mine.json', '--json')).stdout,
  ) as {
    readonly costs: readonly { readonly vcpuHours: number; readonly amount: number }[];
  };
  expect(mine.costs).toMatchObject([{ asOf: '2027-01-02', currency: 'EUR', basis: 'ours in here' }]);
  expect(mine.costs[0]?.amount).toBeCloseTo(1000 * (mine.costs[0]?.vcpuHours ?? 0));
  expect((await call('show', 'SquaresFlow/latest', '--prices', 'mine.json')).stdout).toMatch(
    /by estimate EUR \d+\.\d\d \(ours in here, prices of 2027-01-02; not included: storage\)/,
  );

  expect(await call('diagnose', 'SquaresFlow/latest/end')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/why {2}it ended well|succeeded/),
  });
  expect(JSON.parse((await call('batch', 'list', '--json')).stdout)).toEqual([]);

  // Another queue of the stack, where there are no instances, and sizes come in pairs.
  const fargate = 'batch:queue=leat-fargate,cpu=0.25,memory=';
  const serverless = await call('run', 'squares.ts', '--with', `${fargate}512`);
  expect(serverless).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('sum 14') });
  expect(serverless.stderr).toMatch(/^ {2}batch: .* vCPU-hours, .*\(Fargate in us-east-1, prices of /m);
  const never = await call('run', 'squares.ts', '--with', `${fargate}9000`);
  expect(never).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/Fargate.*\d+ MB/) });
});
