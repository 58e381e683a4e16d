import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loginFiles, loginFor, type LoginSurroundings } from './registry-login.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'leat-login-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const config = (text: string): void => writeFileSync(path.join(home, 'config.json'), text);
const docker = (): LoginSurroundings => ({ engine: 'docker', env: { DOCKER_CONFIG: home }, home, uid: 7 });
const found = async (image: string, signal = new AbortController().signal) =>
  loginFor(image, docker(), signal);
const told = (header: string | undefined): unknown =>
  JSON.parse(Buffer.from(header ?? '', 'base64url').toString('utf8'));

/** A program that keeps logins. */
function helper(name: string, script: string): void {
  const file = path.join(home, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\nread -r server || :\n${script}\n`);
  chmodSync(file, 0o755);
  vi.stubEnv('PATH', `${home}:${process.env['PATH'] ?? ''}`);
}

describe('the login for an image', () => {
  it('is none where nobody has logged in', async () => {
    expect(await found('quay.io/ann/tools')).toEqual({});
    config('{}');
    expect(await found('quay.io/ann/tools')).toEqual({});
  });

  it('is looked for where the command line of the engine looks', () => {
    const files = (engine: 'podman' | 'docker', env: Readonly<Record<string, string>>) =>
      loginFiles({ engine, env, home: '/home/ann', uid: 7 });
    expect(files('docker', {})).toEqual(['/home/ann/.docker/config.json']);
    expect(files('docker', { DOCKER_CONFIG: '/d' })).toEqual(['/d/config.json']);
    expect(files('podman', {})).toEqual([
      '/run/containers/7/auth.json',
      '/home/ann/.config/containers/auth.json',
      '/home/ann/.docker/config.json',
    ]);
    expect(files('podman', { XDG_RUNTIME_DIR: '/r' })[0]).toBe('/r/containers/auth.json');
    expect(files('podman', { REGISTRY_AUTH_FILE: '/f', XDG_RUNTIME_DIR: '/r' })).toEqual(['/f']);
  });

  it('is asked of the program that keeps it, by the name of the registry', async () => {
    helper('test', 'echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"');
    config('{"credsStore":"test"}');
    expect(told((await found('quay.io/ann/tools')).header)).toMatchObject({
      username: 'quay.io',
      password: 's',
    });
  });

  it('may be a token', async () => {
    helper('test', `echo '{"Username":"<token>","Secret":"t"}'`);
    config('{"credHelpers":{"quay.io":"test"}}');
    expect(told((await found('quay.io/x')).header)).toEqual({ identitytoken: 't', serveraddress: 'quay.io' });
  });

  it('is none when the program has none', async () => {
    helper('test', 'echo "credentials not found in native keychain"; exit 1');
    config('{"credsStore":"test"}');
    expect(await found('quay.io/x')).toEqual({});
  });

  it('is no longer asked for when nobody waits, also of a program whose children hold its output', async () => {
    helper('test', `touch '${home}/asked'; sleep 20 & wait`);
    config('{"credsStore":"test"}');
    const closing = new AbortController();
    const answer = found('quay.io/x', closing.signal);
    await vi.waitUntil(() => existsSync(path.join(home, 'asked')), { timeout: 10_000 });
    closing.abort();
    expect((await answer).trouble).toContain('abort');
  });

  it('is looked for on where one file cannot be read, and that is told all the same', async () => {
    const env = {
      XDG_RUNTIME_DIR: path.join(home, 'run'),
      XDG_CONFIG_HOME: path.join(home, 'none'),
      DOCKER_CONFIG: home,
    };
    // For root every file can be read; a folder for nobody.
    mkdirSync(path.join(home, 'run/containers/auth.json'), { recursive: true });
    config(`{"auths":{"quay.io":{"auth":"${Buffer.from('ann:pw').toString('base64')}"}}}`);
    const podman: LoginSurroundings = { engine: 'podman', env, home, uid: 7 };
    const { header, trouble } = await loginFor('quay.io/x', podman, new AbortController().signal);
    expect(told(header)).toMatchObject({ username: 'ann', password: 'pw' });
    expect(trouble).toContain('EISDIR');
    expect(await loginFor('ghcr.io/x', podman, new AbortController().signal)).toEqual({
      trouble: expect.stringContaining('the login for ghcr.io could not be read: EISDIR'),
    });
  });

  it('is unknown when the program fails, is not there, or the configuration is none; no secret is told', async () => {
    helper('test', 'echo s3cret; exit 3');
    config('{"credsStore":"test"}');
    expect(await found('quay.io/x')).toEqual({
      trouble: 'the login for quay.io could not be read: docker-credential-test ended with 3',
    });
    config('{"credsStore":"missing"}');
    expect((await found('quay.io/x')).trouble).toContain('docker-credential-missing');
    config('no JSON');
    expect((await found('quay.io/x')).trouble).toContain('the login for quay.io could not be read');
  });
});
