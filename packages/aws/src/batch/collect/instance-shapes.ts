import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import type { InstanceShape } from '../../diagnose/facts.ts';
import type { Clients } from './clients.ts';

/** What `optimal` means: families of the generation that Batch picks from. */
const optimal: readonly string[] = ['c4', 'm4', 'r4', 'c5', 'm5', 'r5'];

/** `m5.large` as it is, `m5` as `m5.*`, `optimal` as the families that it stands for. */
export const typePatterns = (types: readonly string[]): readonly string[] => [
  ...new Set(
    types.flatMap((type) => {
      if (type === 'optimal') return optimal.map((family) => `${family}.*`);
      return type.includes('.') ? [type] : [`${type}.*`];
    }),
  ),
];

/** The instance types that an environment may start. */
export async function instanceShapes(
  clients: Pick<Clients, 'ec2'>,
  types: readonly string[],
  abortSignal: AbortSignal,
): Promise<readonly InstanceShape[]> {
  const { paginateDescribeInstanceTypes } = await import('@aws-sdk/client-ec2');
  const client = await clients.ec2();
  const Filters = [{ Name: 'instance-type', Values: [...typePatterns(types)] }];
  const shapes: InstanceShape[] = [];
  for await (const page of paginateDescribeInstanceTypes({ client }, { Filters }, { abortSignal }))
    shapes.push(...(page.InstanceTypes ?? []).map(shapeOf));
  return shapes;
}

function shapeOf({
  InstanceType,
  VCpuInfo,
  MemoryInfo,
  GpuInfo,
  ProcessorInfo,
}: InstanceTypeInfo): InstanceShape {
  const [architecture] = ProcessorInfo?.SupportedArchitectures ?? [];
  return {
    type: InstanceType ?? '',
    vcpus: VCpuInfo?.DefaultVCpus ?? 0,
    memoryMib: MemoryInfo?.SizeInMiB ?? 0,
    gpus: (GpuInfo?.Gpus ?? []).reduce((sum, { Count = 0 }) => sum + Count, 0),
    ...(architecture === undefined ? {} : { architecture: architecture.toUpperCase() }),
  };
}
