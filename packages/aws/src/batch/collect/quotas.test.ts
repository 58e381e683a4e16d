import { describe, expect, it } from 'vitest';
import type { EnvironmentFacts } from '../../diagnose/facts.ts';
import type { Instance } from './api.ts';
import { quotasOf, type UsedVcpus, usedVcpus } from './quotas.ts';

// As ListServiceQuotas names them.
const standard = 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances';
const standardSpot = 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests';
const listed = [
  { QuotaName: standard, Value: 1152 },
  { QuotaName: standardSpot, Value: 640 },
  { QuotaName: 'Running On-Demand G and VT instances', Value: 0 },
  { QuotaName: 'All G and VT Spot Instance Requests', Value: 64 },
  { QuotaName: 'Running On-Demand P instances', Value: 96 },
  { QuotaName: 'All P4, P3 and P2 Spot Instance Requests', Value: 192 },
  { QuotaName: 'All P5 Spot Instance Requests', Value: 7 },
  { QuotaName: 'Running On-Demand Inf instances', Value: 8 },
  { QuotaName: 'Running On-Demand High Memory instances', Value: 0 },
  { QuotaName: 'EC2-VPC Elastic IPs', Value: 5 },
];
const fargate = [
  { QuotaName: 'Fargate On-Demand vCPU resource count', Value: 6 },
  { QuotaName: 'Fargate Spot vCPU resource count', Value: 20 },
];

const used: UsedVcpus = {
  isPart: false,
  running: [
    { type: 'm5.4xlarge', isSpot: false, vcpus: 16 },
    { type: 'im4gn.large', isSpot: false, vcpus: 2 },
    { type: 'inf2.xlarge', isSpot: false, vcpus: 4 },
    { type: 'c6i.large', isSpot: true, vcpus: 2 },
    { type: 'p5.48xlarge', isSpot: true, vcpus: 192 },
  ],
};

const environment = (kind: string, ...instanceTypes: readonly string[]): EnvironmentFacts => ({
  name: 'one',
  kind,
  ...(instanceTypes.length === 0 ? {} : { instanceTypes }),
});

describe('the quotas that bound an environment', () => {
  it.each([
    ['on demand', environment('EC2', 'optimal'), [`${standard}: 18 of 1152`]],
    ['Spot', environment('SPOT', 'm5', 'c6i.large'), [`${standardSpot}: 2 of 640`]],
    ['GPUs', environment('EC2', 'g5', 'g4dn.xlarge'), ['Running On-Demand G and VT instances: 0 of 0']],
    ['video', environment('EC2', 'vt1'), ['Running On-Demand G and VT instances: 0 of 0']],
    ['a generation of its own', environment('SPOT', 'p5'), ['All P5 Spot Instance Requests: 192 of 7']],
    [
      'older generations together',
      environment('SPOT', 'p4d'),
      ['All P4, P3 and P2 Spot Instance Requests: 0 of 192'],
    ],
    ['all generations', environment('EC2', 'p4d.24xlarge'), ['Running On-Demand P instances: 0 of 96']],
    ['Inferentia is not I', environment('EC2', 'inf2'), ['Running On-Demand Inf instances: 4 of 8']],
    ['I has names of two letters', environment('EC2', 'is4gen'), [`${standard}: 18 of 1152`]],
    [
      'high memory',
      environment('EC2', 'u-6tb1.112xlarge'),
      ['Running On-Demand High Memory instances: 0 of 0'],
    ],
    [
      'several families',
      environment('EC2', 'm5', 'p4d'),
      [`${standard}: 18 of 1152`, 'Running On-Demand P instances: 0 of 96'],
    ],
    ['a family that has none', environment('EC2', 'x2gd'), []],
    ['an environment that its owner manages', { name: 'own', managed: false }, []],
  ])('%s', (_, one, expected) => {
    const found = quotasOf(one, listed, used);
    expect(found.map(({ name, limit, used: count }) => `${name}: ${count} of ${limit}`)).toEqual(expected);
  });

  it('of Fargate count what the environment itself has, and more may be used', () => {
    const one = { ...environment('FARGATE'), desiredVcpus: 5 };
    expect(quotasOf(one, fargate, undefined)).toEqual([
      { name: 'Fargate On-Demand vCPU resource count', limit: 6, used: 5, atLeast: true },
    ]);
    expect(quotasOf(environment('FARGATE_SPOT'), fargate, undefined)).toEqual([
      { name: 'Fargate Spot vCPU resource count', limit: 20 },
    ]);
  });

  it('say nothing of what is used where nobody could count', () => {
    expect(quotasOf(environment('EC2', 'm5'), listed, undefined)).toEqual([{ name: standard, limit: 1152 }]);
  });
});

describe('what runs in an account', () => {
  const instance = (InstanceType: NonNullable<Instance['InstanceType']>, CoreCount: number) =>
    ({ InstanceType, CpuOptions: { CoreCount, ThreadsPerCore: 2 } }) as const;

  async function* pages(count: number): AsyncGenerator<readonly Instance[]> {
    for (let page = 0; page < count; page += 1)
      yield Array.from({ length: 1000 }, () => instance('m5.large', 1));
  }

  it('is counted by vCPU', async () => {
    async function* one(): AsyncGenerator<readonly Instance[]> {
      yield [instance('m5.xlarge', 2), { ...instance('c5.large', 1), InstanceLifecycle: 'spot' as const }];
    }
    const found = await usedVcpus({ aliveInstances: one }, AbortSignal.timeout(1000));
    expect(found).toEqual({
      isPart: false,
      running: [
        { type: 'm5.xlarge', isSpot: false, vcpus: 4 },
        { type: 'c5.large', isSpot: true, vcpus: 2 },
      ],
    });
  });

  it('is looked at so far and no further', async () => {
    let asked = 0;
    async function* many(): AsyncGenerator<readonly Instance[]> {
      for await (const page of pages(50)) {
        asked += 1;
        yield page;
      }
    }
    const { running, isPart } = await usedVcpus({ aliveInstances: many }, AbortSignal.timeout(1000));
    expect([running.length, isPart, asked]).toEqual([5000, true, 6]);
    const all = await usedVcpus({ aliveInstances: () => pages(5) }, AbortSignal.timeout(1000));
    expect(all.isPart).toBe(false);
    expect(
      quotasOf({ name: 'one', kind: 'EC2', instanceTypes: ['m5'] }, [{ QuotaName: standard, Value: 9 }], {
        ...all,
        isPart: true,
      }),
    ).toEqual([{ name: standard, limit: 9, used: 10_000, atLeast: true }]);
  });
});
