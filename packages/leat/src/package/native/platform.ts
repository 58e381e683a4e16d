import type { NativeFacts } from './elf.ts';

/** Where tasks run that do not run on the engine's machine: Linux with glibc, as nearly every image has. */
export type Platform = 'linux-x64' | 'linux-arm64';

/** All of them. */
const platforms: readonly Platform[] = ['linux-x64', 'linux-arm64'];

/** The platform of machines that are like this one: its processor, under Linux. */
export const ownPlatform = (arch: string = process.arch): Platform =>
  arch === 'arm64' ? 'linux-arm64' : 'linux-x64';

const isMusl = ({ interpreter = '', needed }: NativeFacts): boolean =>
  /ld-musl/.test(interpreter) || needed.some((name) => /musl/.test(name));

/** For people: `linux-x64`, `linux-x64-musl`, `darwin-arm64`. */
export function platformOf(facts: NativeFacts): string {
  return [facts.os, facts.arch ?? 'any', ...(isMusl(facts) ? ['musl'] : [])].join('-');
}

/** Whether native code can be loaded on a platform. */
export function fitsPlatform(facts: NativeFacts, platform: Platform): boolean {
  return facts.os === 'linux' && `linux-${facts.arch}` === platform && !isMusl(facts);
}

/** Whether native code can be loaded on any of the platforms of tasks. */
export const fitsSomePlatform = (facts: NativeFacts): boolean =>
  platforms.some((platform) => fitsPlatform(facts, platform));
