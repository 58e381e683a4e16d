/** Images that a registry gives only to those who have logged in: real registry, real engines. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { type DockerEngine, openDocker } from './docker-engine.ts';
import { RegistryServer } from './registry-server.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

let registry: RegistryServer;
let podman: TestEngine;
let docker: DockerEngine;
let folder: string;
let image = '';
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-private-'));
  registry = await RegistryServer.start();
  [podman, docker] = await Promise.all([openEngine({ registry: registry.host }), openDocker()]);
  image = `${registry.host}/private/python:1`;
  const login = `${registry.user}:${registry.password}`;
  await podman.push(await podman.image('python'), image, login);
}, 300_000);
afterAll(async () => {
  await Promise.all([registry.stop(), podman.close(), docker.close()]);
  rmSync(folder, { recursive: true, force: true });
});

let leat: Leat;
beforeEach(() => {
  leat = new Leat();
  leat.write(
    'flow.ts',
    `import { Flow, step } from 'leat';
export default class PrivateFlow extends Flow {
  @step start() { this.next(this.end); }
  @step end() { console.log('in there'); }
}`,
  );
});
afterEach(() => leat.dispose());

const run = ['run', 'flow.ts', '--with'];
const asked = (): readonly string[] => [...run, `container:image=${image},network=none`];

/** Writes a login as engines keep it; the full path of its file. */
function loginFile(name: string, text: string): string {
  const file = path.join(folder, name, 'config.json');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

/** How one who runs Leat with an engine has logged in. */
interface Subject {
  readonly name: string;
  /** Variables of Leat, for a login in a file. */
  readonly env: (file: string) => NodeJS.ProcessEnv;
}

const subjects: readonly Subject[] = [
  { name: 'podman', env: (file) => ({ ...podman.environment, REGISTRY_AUTH_FILE: file }) },
  {
    name: 'docker',
    env: (file) => ({ DOCKER_HOST: docker.host, DOCKER_CONFIG: path.dirname(file) }),
  },
];

describe.each(subjects)('a private image, by $name', ({ name, env }) => {
  const refused = async (file: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await leat.call(asked(), env(file));
    expect([exitCode, stdout]).toEqual([3, expect.not.stringContaining('in there')]);
    expect(stderr).toContain(`the image '${image}' is not on this machine and cannot be fetched`);
    return stderr;
  };

  it('is refused before the run to whoever has not logged in, or with a wrong password, and says how to', async () => {
    for (const text of ['{}', registry.loginFile('wrong')]) {
      const stderr = await refused(loginFile(`${name}-refused`, text));
      expect(stderr).toMatch(/unauthorized|authentication required|no basic auth/i);
      expect(stderr).toContain(`${name} login ${registry.host}`);
      expect(stderr).not.toContain('wrong');
    }
  });

  it('is fetched for whoever has, and his password is in no place that others see', async () => {
    const file = loginFile(`${name}-known`, registry.loginFile());
    const { stdout, stderr } = await leat.ok(asked(), env(file));
    expect(stdout).toContain('in there');
    const dump = await leat.ok(['dump', 'PrivateFlow/latest', '--json']);
    for (const text of [stdout, stderr, dump.stdout]) expect(text).not.toContain(registry.password);
  });
});

describe('a login that docker has a program for', () => {
  const helper = (script: string): NodeJS.ProcessEnv => {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, 'docker-credential-test'), `#!/bin/sh\nread -r server || :\n${script}\n`);
    chmodSync(path.join(bin, 'docker-credential-test'), 0o755);
    const file = loginFile('helper', '{"credsStore":"test"}');
    const PATH = `${bin}:${process.env['PATH'] ?? ''}`;
    return { DOCKER_HOST: docker.host, DOCKER_CONFIG: path.dirname(file), PATH };
  };
  beforeEach(async () => {
    await docker.docker('rmi', '--force', image).catch(() => undefined);
  });

  it('is asked of it', async () => {
    const { user, password, host } = registry;
    const answer = JSON.stringify({ ServerURL: host, Username: user, Secret: password });
    const env = helper(`[ "$server" = '${host}' ] && echo '${answer}'`);
    expect((await leat.ok(asked(), env)).stdout).toContain('in there');
  });

  it('and that fails: the refusal of the registry says so', async () => {
    const { exitCode, stderr } = await leat.call(asked(), helper('echo s3cret; exit 3'));
    expect(exitCode).toBe(3);
    expect(stderr).toContain('docker-credential-test ended with 3');
    expect(stderr).not.toContain('s3cret');
  });
});
