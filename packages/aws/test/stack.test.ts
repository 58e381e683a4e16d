import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchClient, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { findProgram, MotoServer } from '@leat/testing';
import { type CommandCall, readProfile, type ProfileCheck, type VendorCommand } from 'leat/cli';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { configureCommand } from '../src/commands/configure-command.ts';
import { killCommand } from '../src/commands/kill-command.ts';
import { listCommand } from '../src/commands/list-command.ts';
import { templateFile } from '../src/commands/template-command.ts';
import { vendor } from '../src/vendor.ts';
import { deployTemplate } from '../src/setup/deploy.fixture.ts';

let server: MotoServer;

/** A service role, since moto does not know the service-linked one that Batch makes by itself. */
async function serviceRole(): Promise<string> {
  const request = new CreateRoleCommand({ RoleName: 'batch', AssumeRolePolicyDocument: '{}' });
  return (await new IAMClient({}).send(request)).Role?.Arn ?? '';
}

/** Jobs stay where they are: here nothing is to run. */
async function keepJobsWaiting(): Promise<void> {
  const transition = { progression: 'manual', times: 1_000_000 };
  await fetch(`${server.endpoint}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 'batch::job', transition }),
  });
}

interface Called {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

async function call(
  command: VendorCommand,
  options: CommandCall['options'],
  { words = [], answers }: { readonly words?: readonly string[]; readonly answers?: readonly string[] } = {},
): Promise<Called> {
  let out = '';
  let err = '';
  const output = (write: (text: string) => void): CommandCall['terminal']['out'] => ({
    isTerminal: false,
    columns: 80,
    rows: 24,
    write,
    drained: async () => {},
    style: (_, text) => text,
  });
  const left = [...(answers ?? [])];
  const terminal = {
    out: output((text) => (out += text)),
    err: output((text) => (err += text)),
    ...(answers === undefined ? {} : { ask: async () => left.shift() ?? '' }),
  };
  const given = words.length === 0 ? [] : [words];
  const exitCode = await command.run({ terminal, arguments: given, options });
  return { exitCode, out, err };
}

async function submit(name: string, tags: Readonly<Record<string, string>>): Promise<string> {
  const client = new BatchClient({});
  const definition = new RegisterJobDefinitionCommand({
    jobDefinitionName: 'leat-test',
    type: 'container',
    containerProperties: {
      image: 'busybox',
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '128' },
      ],
    },
  });
  const { jobDefinitionArn } = await client.send(definition);
  const request = { jobName: name, jobQueue: 'leat-spot', jobDefinition: jobDefinitionArn, tags };
  return (await client.send(new SubmitJobCommand(request))).jobId ?? '';
}

beforeAll(async () => {
  server = await MotoServer.start();
  const variables = {
    ...server.env,
    XDG_CONFIG_HOME: mkdtempSync(join(tmpdir(), 'leat-stack-')),
    LEAT_USER: 'ada',
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.stubEnv('LEAT_PROFILE', '');
  await keepJobsWaiting();
  const template = readFileSync(templateFile, 'utf8');
  expect(await deployTemplate(server.endpoint, template, await serviceRole())).toMatchObject({
    status: 'CREATE_COMPLETE',
  });
}, 90_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

describe('the template', () => {
  it('is clean by cfn-lint', () => {
    const program = findProgram('cfn-lint', "pip install 'cfn-lint>=1.51'");
    expect(execFileSync(program, ['--template', templateFile], { encoding: 'utf8' })).toBe('');
  }, 60_000);
});

describe('leat configure aws', () => {
  it('makes a profile of a stack, which then holds', async () => {
    expect(await call(configureCommand, { fromStack: 'leat' })).toMatchObject({ exitCode: 0 });
    const values = readProfile()?.values;
    expect(values).toMatchObject({
      datastore: expect.stringMatching(/^s3:\/\/leat-bucket-.*\/leat$/),
      layers: {
        batch: {
          queue: 'leat-spot',
          jobRole: expect.stringMatching(/^arn:aws:iam::\d+:role\/leat-JobRole-/),
          executionRole: expect.stringMatching(/^arn:aws:iam::\d+:role\/leat-ExecutionRole-/),
        },
      },
      environment: { AWS_REGION: 'us-east-1' },
    });
  });

  it('takes another queue of the stack, and what flags say besides', async () => {
    const flags = { profile: 'other', fromStack: 'leat', queue: 'fargate', image: 'python:3.12' };
    await call(configureCommand, flags);
    expect(readProfile('other')?.values.layers?.['batch']).toMatchObject({
      queue: 'leat-fargate',
      image: 'python:3.12',
    });
  });

  it('says what is wrong with a stack', async () => {
    await expect(call(configureCommand, { fromStack: 'nothing' })).rejects.toThrow(
      /there is no stack 'nothing' in us-east-1/,
    );
  });

  it('asks at a terminal for what no flag says, and keeps what was there', async () => {
    const answers = ['eu-north-1', 's3://acme/leat', 'ml', '', '', 'python:3.12'];
    await call(configureCommand, { profile: 'asked' }, { answers });
    await call(configureCommand, { profile: 'asked', queue: 'ml-2' }, { answers: [] });
    expect(readProfile('asked')?.values).toEqual({
      datastore: 's3://acme/leat',
      layers: { batch: { queue: 'ml-2', image: 'python:3.12' } },
      environment: { AWS_REGION: 'eu-north-1' },
    });
  });

  it('asks nobody where nobody sits', async () => {
    await expect(call(configureCommand, { profile: 'none-yet' })).rejects.toThrow(
      /needs --datastore s3:.* and --queue/,
    );
    const wrong = { profile: 'wrong', datastore: 's3://', queue: 'q' };
    await expect(call(configureCommand, wrong)).rejects.toThrow(/names no bucket/);
  });
});

async function checks(profile: Parameters<typeof vendor.check>[0]): Promise<readonly ProfileCheck[]> {
  const found: ProfileCheck[] = [];
  for await (const check of vendor.check(profile, new AbortController().signal)) found.push(check);
  return found;
}

describe('the check of a profile', () => {
  it('finds all well with a stack', async () => {
    const found = await checks(readProfile('default')?.values ?? {});
    expect(found.map(({ what, state }) => `${what.replace(/-[A-Z0-9]+$/, '')} ${state}`)).toEqual([
      'AWS ok',
      "queue 'leat-spot' ok",
      'jobRole leat-JobRole ok',
      'executionRole leat-ExecutionRole ok',
    ]);
    expect(found[1]?.says).toMatch(/SPOT, ENABLED VALID, at most 256 vCPU.*EC2/);
  });

  it('says what is not there, and what is', async () => {
    const batch = { queue: 'leat-spott', jobRole: 'arn:aws:iam::123456789012:role/nobody' };
    const found = await checks({ layers: { batch } });
    expect(found[1]).toMatchObject({
      state: 'failed',
      hint: expect.stringContaining('leat-ec2, leat-fargate, leat-fargate-spot, leat-spot'),
    });
    expect(found[2]).toMatchObject({ state: 'failed', says: 'there is no such role' });
  });

  it('tells that nobody answers, check by check', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
    const found = await checks({ layers: { batch: { queue: 'leat-spot' } } });
    vi.stubEnv('AWS_ENDPOINT_URL', server.endpoint);
    expect(found.map(({ state }) => state)).toEqual(['failed', 'failed']);
  }, 30_000);
});

describe('leat batch', () => {
  it('lists my jobs and ends them, and touches no others', async () => {
    const tags = {
      'leat.flow': 'TrainFlow',
      'leat.run': 'TrainFlow/417',
      'leat.step': 'train',
      'leat.user': 'ada',
    };
    const mine = await submit('mine', tags);
    const bobs = await submit('bobs', { ...tags, 'leat.run': 'TrainFlow/9', 'leat.user': 'bob' });
    const foreign = await submit('foreign', {});
    const listed = async (options: CommandCall['options']): Promise<readonly string[]> =>
      (JSON.parse((await call(listCommand, { ...options, json: true })).out) as { id: string }[]).map(
        ({ id }) => id,
      );

    expect(await listed({})).toEqual([mine]);
    expect(new Set(await listed({ everybody: true }))).toEqual(new Set([mine, bobs]));
    expect(await listed({ run: 'TrainFlow/9' })).toEqual([bobs]);
    const { out } = await call(listCommand, {});
    expect(out).toMatch(
      new RegExp(`run +step +state .*\\nTrainFlow/417 +train +SUBMITTED .* leat-spot +${mine}\\n`),
    );

    await expect(call(killCommand, { all: true })).rejects.toThrow(
      /1 job would be ended, and nobody can be asked/,
    );
    expect(await call(killCommand, { all: true }, { answers: ['n'] })).toMatchObject({ exitCode: 1 });
    await expect(call(killCommand, { yes: true }, { words: [bobs] })).rejects.toThrow(/is bob's/);
    await expect(call(killCommand, { yes: true }, { words: [foreign] })).rejects.toThrow(/is no job of Leat/);
    await expect(call(killCommand, { yes: true }, { words: ['nothing'] })).rejects.toThrow(
      /knows no job nothing/,
    );
    await expect(call(killCommand, {})).rejects.toThrow(/needs ids of jobs, --run or --all/);
    expect(await listed({})).toEqual([mine]);

    expect(await call(killCommand, { all: true }, { answers: ['y'] })).toMatchObject({
      exitCode: 0,
      out: 'ended 1 of 1\n',
    });
    // moto ends a job when it leaves the state in which it is kept here.
    const reasons = JSON.parse((await call(listCommand, { everybody: true, json: true })).out) as {
      readonly id: string;
      readonly statusReason?: string;
    }[];
    expect(reasons.find(({ id }) => id === mine)?.statusReason).toBe('ended by leat batch kill');
    expect(reasons.find(({ id }) => id === bobs)?.statusReason).toBeUndefined();
  }, 30_000);
});
