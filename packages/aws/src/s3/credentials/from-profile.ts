import { LeatError } from 'leat/datastore';
// Not its promises: they load a dozen modules of Node, and these are small files.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { askSdk } from './api.ts';
import type { Credentials, CredentialSource } from './credentials.ts';

type Settings = Readonly<Record<string, string>>;

/**
 * A profile in `~/.aws`. Keys that stand there are read here; for everything else that a profile may say (SSO, roles, programs) there
 * is AWS's own code, which takes a tenth of a second to load.
 */
export const fromProfile: CredentialSource = async ({ env }) => {
  const name = env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || 'default';
  const { config, keys } = filesOf(env);
  const settings: Settings = {
    ...config.get(name === 'default' ? name : `profile ${name}`),
    ...keys.get(name),
  };
  const accessKeyId = settings['aws_access_key_id'];
  const secretAccessKey = settings['aws_secret_access_key'];
  if (accessKeyId && secretAccessKey && !settings['role_arn'])
    return { accessKeyId, secretAccessKey, sessionToken: settings['aws_session_token'] };
  const isKnown = config.has(name) || config.has(`profile ${name}`) || keys.has(name);
  if (!isKnown && !env['AWS_PROFILE']) return undefined;
  return await fromSdk(name);
};

function filesOf(env: Readonly<Record<string, string | undefined>>) {
  const folder = join(env['HOME'] || homedir(), '.aws');
  return {
    config: sections(env['AWS_CONFIG_FILE'] || join(folder, 'config')),
    keys: sections(env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials')),
  };
}

async function fromSdk(profile: string): Promise<Credentials> {
  try {
    return await askSdk(profile);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LeatError(
      'STORE_UNAVAILABLE',
      `the profile '${profile}' of AWS gives no credentials: ${reason}`,
      {
        hint: 'Log in again (aws sso login --profile NAME), or look at what `aws configure list` says.',
        cause: error,
      },
    );
  }
}

/** The sections of an INI file as AWS writes it; none when there is no such file. */
function sections(file: string): ReadonlyMap<string, Settings> {
  const text = textOf(file);
  const found = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const name = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1];
    if (name !== undefined) {
      section = found.get(name) ?? {};
      found.set(name, section);
    }
    const [, key, value] = /^([A-Za-z_][\w]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== undefined && key !== undefined && value !== undefined) section[key] = value;
  }
  return found;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
