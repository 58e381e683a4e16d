/** Docker's engine for one test file, with a storage of its own: it touches neither the network of this machine nor another daemon. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { imageFolder } from '@leat/testing';

const run = promisify(execFile);

/** Until it answers, on a busy machine. In milliseconds. */
const patienceMs = 60_000;

export interface DockerEngine {
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** An image with a shell and Python, and no Node. */
  readonly image: string;
  /** Runs docker with these arguments; gives what it printed. */
  docker(...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

function startDaemon(folder: string, host: string): ChildProcess {
  writeFileSync(path.join(folder, 'daemon.json'), '{}');
  const log = path.join(folder, 'log');
  const own = [
    '--config-file',
    'daemon.json',
    '--data-root',
    'data',
    '--exec-root',
    'exec',
    '--pidfile',
    'pid',
  ];
  const places = own.map((word) => (word.startsWith('--') ? word : path.join(folder, word)));
  const command = 'exec dockerd -H "$1" --iptables=false --bridge=none "${@:3}" >"$2" 2>&1';
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return spawn('/bin/bash', ['-c', command, 'dockerd', host, log, ...places], { stdio: 'ignore', env });
}

/** Makes an image of a folder; gives its name. */
export async function importImage(
  { docker }: Pick<DockerEngine, 'docker'>,
  root: string,
  name: string,
): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-image-'));
  try {
    const archive = path.join(folder, 'image.tar');
    await run('tar', ['-C', root, '--owner=0', '--group=0', '-cf', archive, '.']);
    await docker('import', '--change', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', archive, name);
    return name;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Starts it. */
export async function openDocker(): Promise<DockerEngine> {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-docker-'));
  const host = `unix://${folder}/docker.sock`;
  const daemon = startDaemon(folder, host);
  const docker = async (...args: readonly string[]): Promise<string> =>
    (await run('docker', ['--host', host, ...args])).stdout;
  const answers = async (): Promise<boolean> =>
    docker('version').then(
      () => true,
      () => false,
    );
  for (const deadline = performance.now() + patienceMs; !(await answers()); await pause(100)) {
    if (daemon.exitCode !== null || performance.now() > deadline)
      throw new Error(`docker's engine does not answer: ${readFileSync(path.join(folder, 'log'), 'utf8')}`);
  }
  return {
    host,
    image: await importImage({ docker }, imageFolder('python'), 'leat-test:1'),
    docker,
    close: async () => {
      const ended = once(daemon, 'exit');
      daemon.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
