import type { JobDetail } from '../api.ts';
import { expect, test } from 'vitest';
import { environmentFacts } from './environment-facts.ts';
import { typePatterns } from './instance-shapes.ts';
import { jobFacts } from './job-facts.ts';
import { wayOut } from './network.ts';
import { trustedServices } from './roles.ts';

test('instance types as they are configured become what EC2 is asked for', () => {
  expect(typePatterns(['m5.large', 'c6i', 'm5.large'])).toEqual(['m5.large', 'c6i.*']);
  expect(typePatterns(['optimal'])).toEqual(expect.arrayContaining(['r5.*', 'r6i.*']));
  expect(typePatterns(['default_arm64', 'c7g'])).toEqual(['m6g.*', 'c6g.*', 'r6g.*', 'c7g.*']);
});

test.each([
  ['its own table wins', 'subnet-1', 'nat'],
  ['the main table of its network holds otherwise', 'subnet-2', 'internet-gateway'],
  ['a route that leads nowhere is none', 'subnet-3', 'none'],
])('the way out of a subnet: %s', (_, subnet, expected) => {
  const everywhere = { DestinationCidrBlock: '0.0.0.0/0' };
  const tables = [
    { VpcId: 'vpc', Associations: [{ Main: true }], Routes: [{ ...everywhere, GatewayId: 'igw-1' }] },
    {
      VpcId: 'vpc',
      Associations: [{ SubnetId: 'subnet-1' }],
      Routes: [{ ...everywhere, NatGatewayId: 'nat-1' }],
    },
    {
      VpcId: 'vpc',
      Associations: [{ SubnetId: 'subnet-3' }],
      Routes: [{ ...everywhere, NatGatewayId: 'nat-2', State: 'blackhole' as const }],
    },
  ];
  expect(wayOut(tables, subnet, 'vpc')).toBe(expected);
});

test('who may take on a role', () => {
  const policy = (Principal: unknown, ...more: readonly unknown[]): string =>
    encodeURIComponent(JSON.stringify({ Statement: [{ Effect: 'Allow', Principal }, ...more] }));
  const tasks = { Service: 'ecs-tasks.amazonaws.com' };
  expect(trustedServices(policy({ Service: ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'] }))).toEqual([
    'ecs-tasks.amazonaws.com',
    'batch.amazonaws.com',
  ]);
  expect(trustedServices(policy('*'))).toBeUndefined();
  const denial = { Effect: 'Deny', Principal: { Service: 'batch.amazonaws.com' } };
  expect(trustedServices(policy(tasks, denial))).toEqual(['ecs-tasks.amazonaws.com']);
  expect(trustedServices(policy(tasks, { Effect: 'Deny', Principal: tasks }))).toEqual([]);
  expect(trustedServices(policy(tasks, { Effect: 'Deny', Principal: '*' }))).toEqual([]);
  const sometimes = {
    Effect: 'Deny',
    Principal: tasks,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  expect(trustedServices(policy(tasks, sometimes))).toEqual(['ecs-tasks.amazonaws.com']);
  expect(trustedServices('no policy')).toBeUndefined();
});

test.each<unknown>(['*', { Service: '*' }, { AWS: '*' }, { Service: ['batch.amazonaws.com', '*'] }])(
  'everybody may take on a role, or nobody, where a policy says %j',
  (Principal) => {
    const allowing = { Effect: 'Allow', Principal };
    const policy = (...Statement: readonly unknown[]): string =>
      encodeURIComponent(JSON.stringify({ Statement }));
    expect(trustedServices(policy(allowing))).toBeUndefined();
    const tasks = { Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' } };
    expect(trustedServices(policy(tasks, { Effect: 'Deny', Principal }))).toEqual([]);
  },
);

test('an account that may take on a role is no service', () => {
  const Principal = { AWS: ['arn:aws:iam::1:root'], Service: 'batch.amazonaws.com' };
  const policy = { Statement: { Effect: 'Allow', Principal } };
  expect(trustedServices(encodeURIComponent(JSON.stringify(policy)))).toEqual(['batch.amazonaws.com']);
});

test('a job as the diagnosis takes it: what is not known is absent', () => {
  const job = {
    jobId: 'a1',
    jobName: 'train',
    status: 'RUNNABLE',
    createdAt: 5,
    jobQueue: 'q',
    jobDefinition: 'd',
    startedAt: undefined,
    platformCapabilities: ['EC2'],
    container: {
      image: 'x',
      resourceRequirements: [
        { type: 'VCPU', value: '4' },
        { type: 'MEMORY', value: '8000' },
      ],
    },
  } satisfies JobDetail;
  expect(jobFacts(job)).toEqual({
    id: 'a1',
    name: 'train',
    state: 'RUNNABLE',
    createdAt: 5,
    platform: 'EC2',
    image: 'x',
    vcpus: 4,
    memoryMib: 8000,
  });
});

test('an environment that users manage themselves says so', () => {
  const facts = environmentFacts({
    computeEnvironmentName: 'own',
    computeEnvironmentArn: 'arn',
    type: 'UNMANAGED',
  });
  expect(facts).toEqual({ name: 'own', managed: false });
});
