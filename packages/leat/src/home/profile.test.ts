import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { resolveHome } from './home.ts';
import { enterProfile, layerDefaults } from './profile-defaults.ts';
import { parseProfile } from './profile-values.ts';
import { profileFile, profileFolder, profileNames, readProfile, writeProfile } from './profile.ts';

let env: Record<string, string> = {};

beforeEach(() => {
  env = { HOME: mkdtempSync(join(tmpdir(), 'leat-profile-')) };
});

const batch = { queue: 'leat-spot', jobRole: 'arn:aws:iam::123456789012:role/leat-task', spotRetries: 3 };

describe('profiles', () => {
  it('lie in the configuration folder of the user', () => {
    expect(profileFolder(env)).toBe(join(env['HOME'] ?? '', '.config/leat/profiles'));
    expect(profileFolder({ ...env, XDG_CONFIG_HOME: '/etc/xdg' })).toBe('/etc/xdg/leat/profiles');
    expect(profileFolder({ ...env, XDG_CONFIG_HOME: 'relative' })).toBe(profileFolder(env));
  });

  it('are written for their owner alone, and read back', () => {
    const values = { datastore: 's3://data/leat', layers: { batch } };
    const file = writeProfile('research', values, env);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readProfile('research', env)).toEqual({ name: 'research', file, values });
    expect(profileNames(env)).toEqual(['research']);
  });

  it('hold by name, by LEAT_PROFILE, or by being called default', () => {
    expect(readProfile(undefined, env)).toBeUndefined();
    writeProfile('default', { datastore: 's3://one' }, env);
    writeProfile('other', { datastore: 's3://two' }, env);
    const other = { ...env, LEAT_PROFILE: 'other' };
    expect(readProfile(undefined, env)?.name).toBe('default');
    expect(readProfile(undefined, other)?.name).toBe('other');
    expect(readProfile('default', other)?.name).toBe('default');
    expect(readProfile('none', other)).toBeUndefined();
    expect(readProfile(undefined, { ...env, LEAT_PROFILE: 'none' })).toBeUndefined();
  });

  it('that are named and not there are an error that names those that are', () => {
    writeProfile('research', {}, env);
    expect(() => readProfile('reserch', env)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        hint: expect.stringContaining('There are: research'),
      }),
    );
    expect(() => profileFile('../../etc/passwd', env)).toThrow(/no profile can be called/);
  });

  it('cannot be damaged by a file that is none', () => {
    const file = writeProfile('default', {}, env);
    writeFileSync(file, '{');
    expect(() => readProfile(undefined, env)).toThrow(/is no JSON/);
    const folder = profileFolder(env);
    mkdirSync(join(folder, 'folder.json'));
    expect(() => readProfile('folder', env)).toThrow(/cannot be read/);
  });
});

describe('parseProfile', () => {
  it.each([
    ['[]', /must be a JSON object/],
    ['{"datastores": "s3://data"}', /'datastores' has no meaning there/],
    ['{"datastore": 7}', /'datastore' must be a URL/],
    ['{"layers": {"batch": "leat"}}', /'layers' must be options by layer/],
    ['{"environment": {"AWS_REGION": 1}}', /'environment' must be texts by name/],
    ['{"metadata": "postgres://ada:hidden@db/leat"}', /'metadata' is a URL with a password/],
    ['{"environment": {"AWS_SECRET_ACCESS_KEY": "hidden"}}', /AWS_SECRET_ACCESS_KEY' looks like a secret/],
    ['{"environment": {"AWS_SESSION_TOKEN": "hidden"}}', /looks like a secret/],
    ['{"layers": {"batch": {"queue": "AKIAIOSFODNN7EXAMPLE"}}}', /'layers.batch.queue' looks like a secret/],
    ['{"environment": {"AWS_SECRET_ACCESS_KEY": "hidden", "N": 1}}', /looks like a secret/],
    ['{"layers": "postgres://ada:hidden@db/leat"}', /'layers' is a URL with a password/],
    ['{"layers": {"x": {"password": "hidden"}}}', /'layers.x.password' looks like a secret/],
  ])('refuses %s', (text, message) => {
    expect(() => parseProfile(text, 'p.json')).toThrow(message);
    expect(() => parseProfile(text, 'p.json')).not.toThrow(/hidden|AKIA/);
  });

  it('refuses to write what could not be read', () => {
    expect(() => writeProfile('x', { environment: { API_KEY: 'hidden' } }, env)).toThrow(
      /looks like a secret/,
    );
    expect(profileNames(env)).toEqual([]);
  });
});

describe('what a profile gives', () => {
  it('says where stores are, after options and variables', () => {
    writeProfile('default', { datastore: 's3://data/leat', metadata: 'postgres://db/team' }, env);
    const cwd = env['HOME'] ?? '';
    const home = resolveHome({ cwd, env });
    expect(home).toMatchObject({ datastore: 's3://data/leat', metadata: 'postgres://db/team', shared: true });
    expect(home.profile?.name).toBe('default');
    expect(resolveHome({ cwd, env: { ...env, LEAT_METADATA: 'postgres://db/env' } }).metadata).toBe(
      'postgres://db/env',
    );
    expect(resolveHome({ cwd, env, metadata: 'postgres://db/told' }).metadata).toBe('postgres://db/told');
    expect(resolveHome({ cwd, env, profile: 'none' })).toMatchObject({ shared: false });
    expect(resolveHome({ cwd, env, profile: 'none' }).profile).toBeUndefined();
  });

  it('gives options to layers, but for those that variables give', () => {
    writeProfile('default', { layers: { batch } }, env);
    const profile = readProfile(undefined, env);
    expect(layerDefaults(profile, {})).toEqual({ batch });
    const { spotRetries } = batch;
    const set = { LEAT_BATCH_QUEUE: 'other', LEAT_BATCH_JOB_ROLE: 'arn:…' };
    expect(layerDefaults(profile, set)).toEqual({ batch: { spotRetries } });
    expect(layerDefaults(undefined, {})).toEqual({});
  });

  it('sets variables that are not set', () => {
    const file = writeProfile(
      'default',
      { environment: { AWS_REGION: 'eu-north-1', AWS_PROFILE: 'team' } },
      env,
    );
    const process: NodeJS.ProcessEnv = { AWS_PROFILE: 'mine' };
    enterProfile(readProfile(undefined, env), process);
    expect(process).toEqual({ AWS_REGION: 'eu-north-1', AWS_PROFILE: 'mine' });
    expect(readFileSync(file, 'utf8')).toContain('eu-north-1');
  });
});
