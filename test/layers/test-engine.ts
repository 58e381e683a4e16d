/** A container engine for one test file: podman with a storage of its own, so that what is left in it can be counted. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Said, type TestImage, testImage, writeContainersConf } from '@leat/testing';

const run = promisify(execFile);

export interface TestEngine {
  /** What the command line is started with to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The name of an image; made when it is not there yet. */
  image(image: TestImage): Promise<string>;
  /** Sends an image to a registry of this machine, under another name. `login`: `user:password`. */
  push(image: string, to: string, login: string): Promise<void>;
  /** Containers that carry a label, whether they run or not. */
  list(label: string): Promise<readonly { readonly id: string }[]>;
  remove(id: string): Promise<void>;
  /** All that the engine tells of its containers. */
  inspectAll(): Promise<string>;
  /** Processes of `podman system service` that a process has started. */
  services(parent: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

const storage = (folder: string): string => `
[storage]
driver = "overlay"
graphroot = "${folder}/storage"
runroot = "${folder}/run"
`;

/** With docker those of this machine need no certificate anyhow. */
const withoutCertificate = (registry: string): string =>
  `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`;

/** Opens it, with an image like Python's slim ones as the default: a shell, Python, no Node: a few seconds. `registry`: one that needs no certificate. */
export async function openEngine({ registry }: { readonly registry?: string } = {}): Promise<TestEngine> {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-engine-'));
  const storageConf = path.join(folder, 'storage.conf');
  writeFileSync(storageConf, storage(folder));
  const registriesConf = path.join(folder, 'registries.conf');
  writeFileSync(registriesConf, registry === undefined ? '' : withoutCertificate(registry));
  const found = {
    CONTAINERS_CONF: writeContainersConf(folder, path.join(folder, 'state')),
    CONTAINERS_STORAGE_CONF: storageConf,
    CONTAINERS_REGISTRIES_CONF: registriesConf,
  };
  const env = { ...process.env, ...found };
  const podman = async (...args: readonly string[]): Promise<Said> =>
    run('podman', args, { env, cwd: folder }).then(
      (said) => ({ code: 0, ...said }),
      (error: Error & Said) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
  const image = async (name: TestImage): Promise<string> => testImage({ podman }, name);
  return {
    environment: { ...found, LEAT_CONTAINER_IMAGE: await image('python') },
    image,
    push: async (name, to, login) => {
      const said = await podman('push', '--tls-verify=false', '--creds', login, name, `docker://${to}`);
      if (said.code !== 0) throw new Error(`the image cannot be sent: ${said.stderr}`);
    },
    list: async (label) => {
      const { stdout } = await podman('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`);
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((id) => ({ id }));
    },
    remove: async (id) => void (await podman('rm', '--force', '--time', '0', id)),
    inspectAll: async () => {
      const { stdout } = await podman('ps', '--all', '--quiet');
      const ids = stdout.split('\n').filter(Boolean);
      return ids.length === 0 ? '' : (await podman('inspect', ...ids)).stdout;
    },
    services: async (parent) => {
      const { stdout } = await run('ps', ['-o', 'pid=,args=', '--ppid', `${parent}`]);
      const lines = stdout.split('\n').filter((line) => line.includes('podman system service'));
      return lines.map((line) => Number.parseInt(line, 10));
    },
    close: async () => {
      // It unmounts what a plain removal would not.
      await podman('system', 'reset', '--force');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
