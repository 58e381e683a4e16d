import type { StepRequest } from 'leat/compute';
import { expect, test } from 'vitest';
import { checkStep, type StepPlace } from './check-step.ts';
import { parseBatchOptions } from './options.ts';
import { resourcesOf } from './requests.fixture.ts';

const role = 'arn:aws:iam::123456789012:role/leat-task';
const place = (over: Partial<StepPlace> = {}): StepPlace => ({
  region: 'eu-north-1',
  queue: { state: 'ENABLED', status: 'VALID', fairShare: false },
  platform: 'ec2',
  environments: [
    {
      name: 'ce',
      state: 'ENABLED',
      status: 'VALID',
      kind: 'EC2',
      maxVcpus: 256,
      shapes: [{ type: 'r5.4xlarge', vcpus: 16, memoryMib: 131_072, gpus: 0 }],
    },
  ],
  roles: {},
  images: {},
  ...over,
});

const request = (
  asked: Parameters<typeof resourcesOf>[0] = {},
  options: Readonly<Record<string, unknown>> = {},
): StepRequest => ({
  step: 'train',
  resources: resourcesOf(asked),
  options: parseBatchOptions({ queue: 'main', jobRole: role, ...options }, {}) as never,
});

const found = (asked: StepRequest, where: StepPlace): readonly string[] =>
  checkStep(asked, where).map(({ level, message, hint }) => `${level}: ${message} → ${hint}`);

const fargate = { platform: 'fargate', environments: [{ name: 'f', kind: 'FARGATE' }] } as const;
const executionRole = role;

test('what can run is not spoken against', () => {
  expect(found(request({ memory: 100_000, cpu: 16 }), place())).toEqual([]);
  expect(found(request({ memory: 8192, cpu: 1 }, { executionRole }), place(fargate))).toEqual([]);
  // What nobody knows is not judged.
  expect(found(request({ memory: 900_000 }), place({ environments: [] }))).toEqual([]);
});

test.each<[string, StepRequest, StepPlace, RegExp]>([
  ['no queue', request(), place({ queue: 'missing' }), /no job queue 'main' in eu-north-1/],
  ['a disabled queue', request(), place({ queue: { state: 'DISABLED' } }), /is DISABLED.*update-job-queue/],
  [
    'an invalid queue',
    request(),
    place({ queue: { status: 'INVALID', statusReason: 'no' } }),
    /INVALID \(no\)/,
  ],
  [
    'disabled environments',
    request(),
    place({ environments: [{ name: 'ce', state: 'DISABLED' }] }),
    /no compute environment .*'ce' is DISABLED/,
  ],
  ['too much memory', request({ memory: 900_000 }), place(), /r5\.4xlarge/],
  ['too many cores', request({ cpu: 300 }), place(), /300 vCPU/],
  ['a GPU where there is none', request({ gpu: 1 }), place(), /1 GPU/],
  ['a missing role', request(), place({ roles: { [role]: { exists: false } } }), /jobRole does not exist/],
  [
    'a role for others',
    request(),
    place({ roles: { [role]: { exists: true, trusts: ['ec2.amazonaws.com'] } } }),
    /does not trust ecs-tasks/,
  ],
  [
    'a missing image',
    request({}, { image: 'x/y:1' }),
    place({ images: { 'x/y:1': false } }),
    /no image 'x\/y:1'/,
  ],
  ['a share that is asked for', request(), place({ queue: { fairShare: true } }), /asks for a share/],
  ['a share that nobody knows', request({}, { share: 'x' }), place(), /knows no shares/],
  [
    'a pair that Fargate does not have',
    request({ cpu: 1, memory: 10_000 }, { executionRole }),
    place(fargate),
    /no pair of 1 cores with 10000 MB.*2 cores with 10240 MB/,
  ],
  [
    'more than Fargate has',
    request({ cpu: 32 }, { executionRole }),
    place(fargate),
    /more than Fargate gives/,
  ],
  ['a GPU on Fargate', request({ gpu: 1 }, { executionRole }), place(fargate), /no GPUs/],
  [
    'an option of EC2 on Fargate',
    request({}, { executionRole, sharedMemory: 64 }),
    place(fargate),
    /'sharedMemory' is not for Fargate/,
  ],
  [
    'an option of Fargate on EC2',
    request({}, { ephemeralStorage: 30_000 }),
    place(),
    /'ephemeralStorage' is not for EC2/,
  ],
  ['no execution role on Fargate', request(), place(fargate), /need an execution role/],
])('%s', (_, asked, where, expected) => {
  expect(found(asked, where).join('\n')).toMatch(expected);
});
