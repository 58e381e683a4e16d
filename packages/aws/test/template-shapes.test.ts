// The template with other parameters than its defaults, each deployed: what is made, and what it tells.
import { readFileSync } from 'node:fs';
import { DescribeComputeEnvironmentsCommand, BatchClient } from '@aws-sdk/client-batch';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { MotoServer } from '@leat/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { templateFile } from '../src/commands/template-command.ts';
import { type DeployedStack, deployTemplate } from '../src/setup/deploy.fixture.ts';

let server: MotoServer;
let role = '';
/** moto's databases have no secret. */
const template = readFileSync(templateFile, 'utf8').replace(/^ {2}DatabaseSecretArn:\n(?: {4}.*\n)+/m, '');

beforeAll(async () => {
  server = await MotoServer.start();
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  const request = new CreateRoleCommand({ RoleName: 'batch', AssumeRolePolicyDocument: '{}' });
  role = (await new IAMClient({}).send(request)).Role?.Arn ?? '';
}, 60_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

/** An account has one log group of Batch, and the first stack may have made it. */
async function deploy(
  name: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<DeployedStack> {
  const all = { CreateLogGroup: 'no', ...parameters };
  const stack = await deployTemplate(server.endpoint, template, role, { name, parameters: all });
  expect(stack.status).toBe('CREATE_COMPLETE');
  return stack;
}

/** Subnets of the compute environments of a stack. */
async function subnetsOf(stack: string): Promise<ReadonlySet<string>> {
  const { computeEnvironments = [] } = await new BatchClient({}).send(
    new DescribeComputeEnvironmentsCommand({}),
  );
  const own = computeEnvironments.filter(({ computeEnvironmentName = '' }) =>
    computeEnvironmentName.startsWith(`${stack}-`),
  );
  expect(own.length).toBeGreaterThan(2);
  return new Set(own.flatMap(({ computeResources }) => computeResources?.subnets ?? []));
}

// The third zone is not shown: moto takes a condition within `And` for false.
it('makes a network of its own, and nothing that nobody asked for', { timeout: 60_000 }, async () => {
  const stack = await deploy('two', { Zones: '2', CreateLogGroup: 'yes' });
  expect(stack.resources).toMatchObject({ 'AWS::EC2::VPC': 1, 'AWS::EC2::Subnet': 2 });
  expect(await subnetsOf('two')).toHaveProperty('size', 2);
  for (const type of ['AWS::RDS::DBInstance', 'AWS::EC2::SecurityGroupIngress'])
    expect(stack.resources).not.toHaveProperty(type);
  expect(stack.outputs).not.toHaveProperty('GpuQueueName');
});

it('uses subnets that are there', { timeout: 60_000 }, async () => {
  const { Subnets = [] } = await new EC2Client({}).send(new DescribeSubnetsCommand({}));
  const [first] = Subnets;
  const own = Subnets.filter(({ VpcId }) => VpcId === first?.VpcId).slice(0, 2);
  const ids = own.map(({ SubnetId = '' }) => SubnetId);
  const parameters = { VpcId: first?.VpcId ?? '', SubnetIds: ids.join(',') };
  const stack = await deploy('there', parameters);
  for (const type of [
    'AWS::EC2::VPC',
    'AWS::EC2::Subnet',
    'AWS::EC2::InternetGateway',
    'AWS::EC2::RouteTable',
  ])
    expect(stack.resources).not.toHaveProperty(type);
  expect(await subnetsOf('there')).toEqual(new Set(ids));
});

it('has a queue with GPUs, and PostgreSQL, when told', { timeout: 60_000 }, async () => {
  const plain = await deploy('plain');
  const parameters = { GpuInstanceTypes: 'g5,g6', Postgres: 'yes', PostgresClientCidr: '198.51.100.7/32' };
  const stack = await deploy('rich', parameters);
  expect(stack.outputs).toMatchObject({
    GpuQueueName: 'rich-gpu',
    DatabaseHost: expect.stringMatching(/.+/),
  });
  const more = (type: string): number => (stack.resources[type] ?? 0) - (plain.resources[type] ?? 0);
  expect(more('AWS::Batch::ComputeEnvironment')).toBe(1);
  expect(more('AWS::Batch::JobQueue')).toBe(1);
  expect(more('AWS::RDS::DBInstance')).toBe(1);
  expect(more('AWS::RDS::DBSubnetGroup')).toBe(1);
  // No word of the password.
  expect(JSON.stringify(stack.outputs)).not.toMatch(/password/i);
});
