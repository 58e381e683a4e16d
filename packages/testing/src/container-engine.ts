/**
 * A container engine for tests: podman with a configuration that works as root of a plain machine and of one that is itself a container or a
 * small virtual machine, and its Docker-compatible API on a socket of its own. Images and containers are in podman's usual storage.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Number of CAP_SYS_RESOURCE. */
const sysResource = 24n;

/** Until the API answers, on a busy machine. In milliseconds. */
const patienceMs = 60_000;

/** What a program said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without it no process may raise its own limits, and podman wants to. */
function mayRaiseLimits(): boolean {
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> sysResource) & 1n) === 1n;
}

/** Control groups of version 1 with one of version 2 beside them, which crun refuses. */
const isHybrid = (): boolean => existsSync('/sys/fs/cgroup/unified');

const findProgram = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/libexec/podman', '/usr/lib/podman']
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));

/**
 * Writes podman's configuration into a folder; the full path of the file, for `CONTAINERS_CONF`. Debian's conmon leaves the mark of an
 * out-of-memory kill in its working directory instead of the container's folder: a wrapper takes it there.
 *
 * @param state where it keeps what it knows of running containers, when that is not where the machine's podman does. Who resets a storage of his
 *   own clears that, and without it podman takes all that it has for ended.
 */
export function writeContainersConf(folder: string, state?: string): string {
  const conmon = path.join(folder, 'conmon');
  writeFileSync(
    conmon,
    `#!/bin/sh\np=; for a in "$@"; do [ "$p" = -b ] && { cd "$a" || exit 1; }; p=$a; done\nexec ${findProgram('conmon') ?? 'conmon'} "$@"\n`,
  );
  chmodSync(conmon, 0o755);
  const file = path.join(folder, 'containers.conf');
  const limits = 'default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]\n';
  const place = state === undefined ? '' : `tmp_dir = "${state}"\n`;
  const runtime = isHybrid() ? 'runtime = "runc"\n' : '';
  writeFileSync(
    file,
    `[containers]\n${mayRaiseLimits() ? '' : limits}[engine]\nconmon_path = ["${conmon}"]\n${place}${runtime}cgroup_manager = "cgroupfs"\nevents_logger = "file"\n`,
  );
  return file;
}

/**
 * Podman for a test.
 *
 * @example
 *     const engine = await ContainerEngine.start();
 *     const { stdout } = await engine.podman('run', '--rm', await testImage(engine, 'node'), 'node', '-p', '6*7');
 *     process.env.DOCKER_HOST = engine.host;
 *     await engine.stop();
 */
export class ContainerEngine {
  /** Path of the API's socket. */
  readonly socket: string;
  /** For `DOCKER_HOST`. */
  readonly host: string;
  /** What any other podman needs in its environment to work on this machine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;
  #service: ChildProcess | undefined;

  private constructor() {
    this.#folder = mkdtempSync(path.join(tmpdir(), 'leat-podman-'));
    this.socket = path.join(this.#folder, 'podman.sock');
    this.host = `unix://${this.socket}`;
    this.environment = { CONTAINERS_CONF: writeContainersConf(this.#folder) };
  }

  /** Podman without its API: for tests of the command line. */
  static prepare(): ContainerEngine {
    if (findProgram('podman') === undefined)
      throw new Error('there is no podman: install it (apt-get install podman runc)');
    return new ContainerEngine();
  }

  /** Podman with its API. */
  static async start(): Promise<ContainerEngine> {
    const engine = ContainerEngine.prepare();
    await engine.startService();
    return engine;
  }

  /** Starts the API, also again after {@link ContainerEngine.killService}. */
  async startService(): Promise<void> {
    const service = spawn('podman', ['system', 'service', '--time=0', this.host], {
      cwd: this.#folder,
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#service = service;
    process.once('exit', this.#kill);
    let said = '';
    service.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
    for (const deadline = performance.now() + patienceMs; !(await answers(this.socket)); await pause(20)) {
      if (service.exitCode !== null || performance.now() > deadline)
        throw new Error(`podman's API does not answer: ${said}`);
    }
  }

  /** Kills the API like a crash; containers go on. */
  async killService(): Promise<void> {
    const service = this.#service;
    this.#service = undefined;
    process.off('exit', this.#kill);
    if (service === undefined || service.exitCode !== null || service.signalCode !== null) return;
    const exited = once(service, 'exit');
    service.kill('SIGKILL');
    await exited;
  }

  /** Runs podman's command line; never throws for what it answers. */
  async podman(...args: readonly string[]): Promise<Said> {
    const child = spawn('podman', args, {
      cwd: this.#folder,
      env: { ...process.env, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, ...said };
  }

  /** Ends the API. Containers and images stay. */
  async stop(): Promise<void> {
    await this.killService();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #kill = (): void => {
    this.#service?.kill('SIGKILL');
  };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.once('connect', () => {
      client.destroy();
      resolve(true);
    });
    client.once('error', () => resolve(false));
  });
}
