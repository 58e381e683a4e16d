import type { ResourcesOptions, StepDecorators } from '../flow/description.ts';
import type { AddedDecorators } from './added-decorators.ts';
import type { ResolvedResources, ResolvedValue, ValueOrigin } from './plan.ts';

/** Names of resources, wherever they are written. */
export const resourceNames = ['cpu', 'memory', 'gpu', 'disk'] as const;

/**
 * What a task gets when nobody asks: one core, and for the others 0, which means "not asked": the layer's own default. A
 * number that nobody wrote would waste a laptop and be wrong on half of the clouds.
 */
export const defaultResources: Required<ResourcesOptions> = { cpu: 1, memory: 0, gpu: 0, disk: 0 };

interface Asked {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origin: ValueOrigin;
}

/**
 * The resources of a step, value by value: what the layer's decorator says wins over `@resources`, and whatever was written
 * wins over defaults. A decorator that `--with` adds stands where the step's own would stand.
 *
 * @param added What of `--with` holds for this step.
 * @param profile What the profile says of its layer.
 */
export function resolveResources(
  own: StepDecorators,
  added: AddedDecorators,
  profile: Readonly<Record<string, unknown>> = {},
): ResolvedResources {
  const asked: readonly Asked[] = [
    { values: own.layer?.options ?? {}, origin: 'layer decorator' },
    { values: added.layer?.options ?? {}, origin: '--with' },
    { values: { ...own.resources }, origin: '@resources' },
    { values: { ...added.resources }, origin: '--with' },
    { values: profile, origin: 'profile' },
  ];
  const entries = resourceNames.map((name) => [name, resolveValue(name, asked)] as const);
  return Object.fromEntries(entries) as Record<(typeof resourceNames)[number], ResolvedValue<number>>;
}

function resolveValue(name: (typeof resourceNames)[number], asked: readonly Asked[]): ResolvedValue<number> {
  for (const { values, origin } of asked) {
    const value = values[name];
    if (value !== undefined) return { value: value as number, origin };
  }
  return { value: defaultResources[name], origin: 'default' };
}
