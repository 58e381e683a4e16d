/** What a profile gives to a run where nobody has said otherwise. */
import type { Environment, Profile } from './profile.ts';
import type { ProfileOption } from './profile-values.ts';

/** Options of compute layers by layer. */
export type LayerDefaults = Readonly<Record<string, Readonly<Record<string, ProfileOption>>>>;

/** `LEAT_BATCH_JOB_ROLE` for the option `jobRole` of `batch`. */
const variableOf = (layer: string, option: string): string =>
  `LEAT_${`${layer}_${option}`.replaceAll(/[^A-Za-z0-9]/g, '_').replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_')}`.toUpperCase();

/**
 * The options that a profile gives to layers. One for which a variable is set (`LEAT_BATCH_QUEUE` for `queue` of `batch`) is left out:
 * variables win over profiles.
 */
export function layerDefaults(profile: Profile | undefined, env: Environment = process.env): LayerDefaults {
  const layers = Object.entries(profile?.values.layers ?? {}).map(([layer, options]) => {
    const left = Object.entries(options).filter(([option]) => !env[variableOf(layer, option)]);
    return [layer, Object.fromEntries(left)] as const;
  });
  return Object.fromEntries(layers);
}

/** The file with prices: the one that was named, else that of the profile. */
export const pricesOf = (told: string | undefined, profile: Profile | undefined): string | undefined =>
  told ?? profile?.values.prices;

/**
 * Sets the variables of a profile in this process, where they are not set: vendors' libraries look there, and so do the processes of
 * tasks. To be called once, before anything of a home is opened.
 */
export function enterProfile(profile: Profile | undefined, env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(profile?.values.environment ?? {})) env[name] ||= value;
}
