/** `leat configure show` and `validate`. */
import { exitCodes } from '../../errors/index.ts';
import { noProfile, profileFolder, profileNames, readProfile } from '../../home/profile.ts';
import { type ProfileCheck, resolveHome, tryStores } from '../../run/index.ts';
import { jsonText } from '../output/json.ts';
import type { Output, Terminal } from '../output/terminal.ts';
import { loadVendor, vendors } from '../vendors.ts';

export interface ConfigureCommand {
  readonly terminal: Terminal;
  readonly options: { readonly profile?: string; readonly json?: boolean };
}

/** `leat configure show`. */
export function showProfile({ terminal: { out, err }, options }: ConfigureCommand): number {
  const profile = readProfile(options.profile);
  const profiles = profileNames();
  if (options.json === true) {
    out.write(jsonText({ ...profile, profiles, folder: profileFolder() }, false));
    return exitCodes.ok;
  }
  if (profile === undefined) {
    const there = profiles.length === 0 ? 'there are none' : `there are: ${profiles.join(', ')}`;
    err.write(`no profile holds (${there}); make one with leat configure aws\n`);
    return exitCodes.ok;
  }
  out.write(`${out.style('bold', profile.name)} ${out.style('dim', profile.file)}\n`);
  out.write(`${JSON.stringify(profile.values, undefined, 2)}\n`);
  const others = profiles.filter((name) => name !== profile.name);
  if (others.length > 0) out.write(`other profiles: ${others.join(', ')}\n`);
  return exitCodes.ok;
}

/** A vendor's checks, all together. In milliseconds. */
const vendorMs = 120_000;

const marks = { ok: '✓', warning: '!', failed: '✗' } as const;
const colours = { ok: 'green', warning: 'yellow', failed: 'red' } as const;

/** One check as people read it. */
export function checkLines(
  { what, state, says, hint }: ProfileCheck,
  out: Pick<Output, 'style'>,
): readonly string[] {
  const head = `${out.style(colours[state], marks[state])} ${what}: ${says}`;
  return hint === undefined ? [head] : [head, `  ${out.style('green', 'fix')}: ${hint}`];
}

/** `leat configure validate`. */
export async function validateProfile({
  terminal: { out, err },
  options,
}: ConfigureCommand): Promise<number> {
  const home = resolveHome(options.profile === undefined ? {} : { profile: options.profile });
  const { profile } = home;
  if (options.json !== true)
    err.write(
      profile === undefined
        ? `no profile holds${options.profile === noProfile ? '' : ' (leat configure aws makes one)'}: the stores of this project are tried\n`
        : `profile ${out.style('bold', profile.name)} (${profile.file})\n`,
    );
  let failed = 0;
  const report = (check: ProfileCheck): void => {
    if (check.state === 'failed') failed += 1;
    out.write(options.json === true ? jsonText(check, false) : `${checkLines(check, out).join('\n')}\n`);
  };
  for await (const check of tryStores(home)) report(check);
  const values = profile?.values ?? {};
  for (const vendor of vendors.filter(({ concerns }) => concerns(values))) {
    const loaded = await loadVendor(vendor);
    for await (const check of loaded.check(values, AbortSignal.timeout(vendorMs))) report(check);
  }
  return failed === 0 ? exitCodes.ok : exitCodes.refused;
}
