/**
 * Profiles: what a team or an account has decided once, so that nobody types it each time. A JSON file for each, in the user's own
 * configuration folder. They hold names and places, never secrets: whoever needs a password or a key gives it to the program that asks.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LeatError } from '../errors/index.ts';
import { parseProfile, type ProfileValues } from './profile-values.ts';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A profile as it was read. */
export interface Profile {
  readonly name: string;
  /** Full path of its file. */
  readonly file: string;
  readonly values: ProfileValues;
}

/** The profile that is used when none is named, where it exists. */
export const defaultProfile = 'default';

/** As a name it means: no profile, also where there is a default one. */
export const noProfile = 'none';

/** The folder of the profiles: `leat/profiles` in `XDG_CONFIG_HOME`, else in `~/.config`. */
export function profileFolder(env: Environment = process.env): string {
  const told = env['XDG_CONFIG_HOME'];
  // A relative path is to be ignored, says the XDG Base Directory Specification.
  const config = told?.startsWith('/') ? told : join(env['HOME'] || homedir(), '.config');
  return join(config, 'leat', 'profiles');
}

/**
 * The file of a profile.
 *
 * @throws LeatError OPTION_INVALID when no profile can have that name
 */
export function profileFile(name: string, env: Environment = process.env): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && name !== noProfile)
    return join(profileFolder(env), `${name}.json`);
  throw new LeatError('OPTION_INVALID', `no profile can be called '${name}'`, {
    hint: `Letters, digits, ., _ and -, at most 64 of them; '${noProfile}' means that there is none.`,
  });
}

/** The names of the profiles that are there, sorted. */
export function profileNames(env: Environment = process.env): readonly string[] {
  try {
    return readdirSync(profileFolder(env))
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .toSorted();
  } catch {
    return []; // no folder, no profiles
  }
}

/**
 * The profile that holds: the one that was named, else `LEAT_PROFILE`, else `default` where it exists. `undefined`: none.
 *
 * @throws LeatError OPTION_INVALID when one was named and is not there, or when its file says what no profile may
 * @example readProfile('research')?.values.datastore
 */
export function readProfile(told?: string, env: Environment = process.env): Profile | undefined {
  const named = told || env['LEAT_PROFILE'] || undefined;
  if (named === noProfile) return undefined;
  const name = named ?? defaultProfile;
  const file = profileFile(name, env);
  const text = contentOf(file);
  if (text !== undefined) return { name, file, values: parseProfile(text, file) };
  if (named === undefined) return undefined;
  const known = profileNames(env);
  throw new LeatError('OPTION_INVALID', `there is no profile '${name}'`, {
    hint: `${known.length === 0 ? 'There are none yet' : `There are: ${known.join(', ')}`}. leat configure aws --profile ${name} makes it.`,
    details: { profile: name, file },
  });
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LeatError('OPTION_INVALID', `the profile ${file} cannot be read: ${String(error)}`, {
      cause: error,
    });
  }
}

/**
 * Writes a profile, in place of one of the same name. It is checked first, so that what is written can be read.
 *
 * @returns the file
 * @throws LeatError OPTION_INVALID for values that no profile may have, secrets among them
 */
export function writeProfile(name: string, values: ProfileValues, env: Environment = process.env): string {
  const file = profileFile(name, env);
  const text = `${JSON.stringify(values, undefined, 2)}\n`;
  parseProfile(text, file);
  // It holds no secret, but whom it concerns is the user alone.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
  return file;
}
