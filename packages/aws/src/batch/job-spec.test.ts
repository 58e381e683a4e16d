import fc from 'fast-check';
import { bootstrapCommand } from 'leat/agent';
import { describe, expect, test } from 'vitest';
import { parseBatchOptions } from './options.ts';
import { jobDefinitionOf, type JobShape, type Submission, submitJobOf } from './job-spec.ts';
import { resourcesOf } from './requests.fixture.ts';

const shape = (over: Partial<JobShape> = {}, options: Readonly<Record<string, unknown>> = {}): JobShape => ({
  resources: resourcesOf(),
  options: parseBatchOptions({ queue: 'main', ...options }, {}),
  platform: 'ec2',
  architecture: 'x86_64',
  command: bootstrapCommand(),
  ...over,
});

const container = (over?: Partial<JobShape>, options?: Readonly<Record<string, unknown>>) =>
  jobDefinitionOf(shape(over, options)).containerProperties;

describe('the definition of a shape', () => {
  test('is named by its content', () => {
    const name = (...args: Parameters<typeof shape>) => jobDefinitionOf(shape(...args)).jobDefinitionName;
    expect(name()).toBe(name());
    expect(name()).toMatch(/^leat-[0-9a-f]{32}$/);
    expect(name({}, { tags: { a: '1', b: '2' } })).toBe(name({}, { tags: { b: '2', a: '1' } }));
    expect(name({ resources: resourcesOf({ memory: 8000 }) })).not.toBe(name());
    // Where it is sent, and how urgently, is no matter of what it is.
    expect(name({}, { queue: 'other', priority: 5, share: 'x' })).toBe(name());
  });

  test('has what was asked for, in the units of Batch', () => {
    expect(
      container({ resources: resourcesOf({ cpu: 2.5, memory: 8000.2, gpu: 1 }) })?.resourceRequirements,
    ).toEqual([
      { type: 'VCPU', value: '3' },
      { type: 'MEMORY', value: '8001' },
      { type: 'GPU', value: '1' },
    ]);
  });

  test('has on Fargate a pair that Fargate has, where nobody asked for another', () => {
    const fargate = (asked: Parameters<typeof resourcesOf>[0]) =>
      container({ platform: 'fargate', resources: resourcesOf(asked) })?.resourceRequirements?.map(
        ({ value }) => value,
      );
    expect(fargate({})).toEqual(['1', '4096']);
    expect(fargate({ cpu: 8 })).toEqual(['8', '16384']);
    expect(fargate({ memory: 10_000 })).toEqual(['2', '10000']);
    expect(fargate({ cpu: 0.25, memory: 512 })).toEqual(['0.25', '512']);
  });

  test('mounts, devices and memory file systems', () => {
    const made = container(
      {},
      {
        sharedMemory: 512,
        tmpfs: { '/scratch': 100.5 },
        trainium: 2,
        swap: 1000,
        efs: { fileSystem: 'fs-01', path: '/data', accessPoint: 'fsap-1', iam: true },
        hostVolumes: '/nvme',
      },
    );
    expect(made?.linuxParameters).toEqual({
      initProcessEnabled: true,
      sharedMemorySize: 512,
      tmpfs: [{ containerPath: '/scratch', size: 101 }],
      maxSwap: 1000,
      devices: [0, 1].map((at) => ({
        hostPath: `/dev/neuron${at}`,
        containerPath: `/dev/neuron${at}`,
        permissions: ['READ', 'WRITE'],
      })),
    });
    expect(made?.mountPoints).toEqual([
      { sourceVolume: 'volume-0', containerPath: '/data', readOnly: false },
      { sourceVolume: 'volume-1', containerPath: '/nvme', readOnly: false },
    ]);
    expect(made?.volumes?.[0]).toEqual({
      name: 'volume-0',
      efsVolumeConfiguration: {
        fileSystemId: 'fs-01',
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: 'fsap-1', iam: 'ENABLED' },
      },
    });
  });

  test.each([{ inferentia: 3 }, { trainium: 3 }])('accelerators of AWS are devices: %o', (options) => {
    const devices = container({}, options)?.linuxParameters?.devices;
    expect(devices?.map(({ hostPath }) => hostPath)).toEqual([
      '/dev/neuron0',
      '/dev/neuron1',
      '/dev/neuron2',
    ]);
  });

  test('on Fargate: network, architecture, disk', () => {
    const made = container(
      { platform: 'fargate', architecture: 'arm64', resources: resourcesOf({ disk: 30_000 }) },
      { publicIp: false },
    );
    expect(made).toMatchObject({
      networkConfiguration: { assignPublicIp: 'DISABLED' },
      runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
      ephemeralStorage: { sizeInGiB: 30 },
    });
    expect(container({ platform: 'fargate' })).not.toHaveProperty('ephemeralStorage');
  });

  test('tries again by itself only what lost its instance', () => {
    expect(jobDefinitionOf(shape()).retryStrategy).toEqual({
      attempts: 3,
      evaluateOnExit: [
        { onStatusReason: 'Host EC2*', action: 'RETRY' },
        { onReason: '*', action: 'EXIT' },
      ],
    });
    expect(jobDefinitionOf(shape({}, { spotRetries: 0 })).retryStrategy?.attempts).toBe(1);
  });

  test('is within the 24 KiB that Batch takes', () => {
    expect(JSON.stringify(jobDefinitionOf(shape())).length).toBeLessThan(24 * 1024);
  });
});

const submission = (over: Partial<Submission> = {}): Submission => ({
  name: 'leat-F-1-train-0123456789abcdef0123',
  definition: 'leat-0123:1',
  options: parseBatchOptions({ queue: 'main' }, {}),
  size: 1,
  environment: { LEAT_WORK: 'runs/F/1/work/x' },
  of: { flow: 'F', run: '1', step: 'train', user: 'me@example' },
  ...over,
});

describe('the call that sends a group', () => {
  test('one attempt is a plain job, more are an array', () => {
    expect(submitJobOf(submission())).not.toHaveProperty('arrayProperties');
    expect(submitJobOf(submission({ size: 10_000 })).arrayProperties).toEqual({ size: 10_000 });
  });

  test.each([
    [1, 601],
    [59.5, 660],
    [3600, 4200],
  ])(
    'a time limit of %d s is Batch’s at %d s: the agent ends it on time, and the start takes its own',
    (timeoutSeconds, expected) => {
      expect(submitJobOf(submission({ timeoutSeconds })).timeout).toEqual({
        attemptDurationSeconds: expected,
      });
    },
  );

  test('shares and priorities', () => {
    const options = parseBatchOptions({ queue: 'main', share: 'research', priority: 7 }, {});
    expect(submitJobOf(submission({ options }))).toMatchObject({
      shareIdentifier: 'research',
      schedulingPriorityOverride: 7,
    });
  });

  test('tags hold only what AWS takes', () => {
    const of = { flow: 'F', run: '1', step: 'train', user: 'Jürgen <j@x>' };
    expect(submitJobOf(submission({ of })).tags?.['leat.user']).toBe('Jürgen _j@x_');
  });

  test('nothing in it grows with the fan-out, and it stays within 30 KiB', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10_000 }), fc.string({ maxLength: 6000 }), (size, link) => {
        const environment = { LEAT_TOOLS: link };
        const one = JSON.stringify(submitJobOf(submission({ size: 2, environment }))).length;
        const many = JSON.stringify(submitJobOf(submission({ size, environment }))).length;
        // The number itself has a few digits more.
        expect(many - one).toBeLessThanOrEqual(4);
        expect(many).toBeLessThan(30 * 1024);
      }),
    );
  });
});
