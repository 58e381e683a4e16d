/** A healthy account, and small changes that make a situation of it. */
import type { BatchFacts, EnvironmentFacts, InstanceFacts, JobFacts, QueueFacts } from './facts.ts';

export const now: number = Date.UTC(2026, 10, 27, 12, 0, 0);
const minute = 60_000;
export const ago = (minutes: number): number => now - minutes * minute;

export const m5: readonly NonNullable<EnvironmentFacts['shapes']>[number][] = [
  { type: 'm5.large', vcpus: 2, memoryMib: 8192, gpus: 0, architecture: 'X86_64' },
  { type: 'm5.4xlarge', vcpus: 16, memoryMib: 65_536, gpus: 0, architecture: 'X86_64' },
];

export const job = (changes: Partial<JobFacts> = {}): JobFacts => ({
  id: '5a1f6a1e-0000-4000-8000-000000000001',
  name: 'TrainFlow-417-train',
  state: 'RUNNABLE',
  createdAt: ago(30),
  platform: 'EC2',
  vcpus: 4,
  memoryMib: 16_384,
  gpus: 0,
  ...changes,
});

export const queue = (changes: Partial<QueueFacts> = {}): QueueFacts => ({
  name: 'leat-ec2',
  state: 'ENABLED',
  status: 'VALID',
  statusReason: 'JobQueue Healthy',
  head: { id: '5a1f6a1e-0000-4000-8000-000000000001' },
  ahead: 0,
  ...changes,
});

export const environment = (changes: Partial<EnvironmentFacts> = {}): EnvironmentFacts => ({
  name: 'leat-ec2',
  managed: true,
  state: 'ENABLED',
  status: 'VALID',
  statusReason: 'ComputeEnvironment Healthy',
  kind: 'EC2',
  minVcpus: 0,
  desiredVcpus: 0,
  maxVcpus: 256,
  shapes: m5,
  instances: [],
  activities: [],
  quotas: [],
  ...changes,
});

export const instance = (changes: Partial<InstanceFacts> = {}): InstanceFacts => ({
  id: 'i-0abc',
  type: 'm5.4xlarge',
  state: 'running',
  launchedAt: ago(20),
  registered: true,
  agentConnected: true,
  ecsStatus: 'ACTIVE',
  runningTasks: 0,
  free: { vcpus: 16, memoryMib: 62_000, gpus: 0 },
  total: { vcpus: 16, memoryMib: 62_000, gpus: 0 },
  ...changes,
});

/** The account, with what is different in this situation. */
export const facts = (changes: Partial<BatchFacts> = {}): BatchFacts => ({
  collectedAt: now,
  region: 'eu-north-1',
  job: job(),
  queue: queue(),
  environments: [environment()],
  ...changes,
});

/** A failed launch with this text, some minutes ago. */
export const failedLaunch = (message: string): NonNullable<EnvironmentFacts['activities']> => [
  { at: ago(4), status: 'Failed', message },
  { at: ago(90), status: 'Successful' },
];
