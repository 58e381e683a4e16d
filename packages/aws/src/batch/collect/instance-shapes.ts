import type { InstanceShape } from '../../diagnose/facts.ts';
import type { InstanceTypeInfo, SurroundingsApi } from './api.ts';

/**
 * Words that stand for families. `optimal` has meant newer ones since November 2025, and older ones in environments that were not changed yet:
 * what either has can be had. Source: AWS Batch API Reference, ComputeResource, `instanceTypes`.
 */
const families: Readonly<Record<string, readonly string[]>> = {
  optimal: ['c4', 'm4', 'r4', 'c5', 'm5', 'r5', 'm6i', 'c6i', 'r6i', 'c7i'],
  default_x86_64: ['m6i', 'c6i', 'r6i', 'c7i'],
  default_arm64: ['m6g', 'c6g', 'r6g', 'c7g'],
};

/** `m5.large` as it is, `m5` as `m5.*`, `optimal` and the like as the families that they stand for. */
export const typePatterns = (types: readonly string[]): readonly string[] => [
  ...new Set(
    types.flatMap((type) => {
      if (type.includes('.')) return [type];
      return (families[type] ?? [type]).map((family) => `${family}.*`);
    }),
  ),
];

/** The instance types that an environment may start. */
export async function instanceShapes(
  api: Pick<SurroundingsApi, 'instanceTypes'>,
  types: readonly string[],
  signal: AbortSignal,
): Promise<readonly InstanceShape[]> {
  return (await api.instanceTypes(typePatterns(types), signal)).map(shapeOf);
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
