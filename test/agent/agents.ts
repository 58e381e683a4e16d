/** Agents as layers start them, on this machine: with the tools as they are published, for one datastore. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { conformanceContextIn } from '@leat/testing';
import { agentEnvironment, readOutput, workKey, writeWork } from 'leat/agent';
import type { AttemptRequest, LogChunk } from 'leat/compute';
import { type Datastore, openDatastore } from 'leat/datastore';

const built = (name: string): string => fileURLToPath(new URL(`../../packages/${name}`, import.meta.url));

/** What a chunk's process prints before each member. */
const mark = 'mark-4711';

/** An agent that runs. */
export interface RunningAgent {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly shown: { stdout: string; stderr: string };
}

export class Agents {
  readonly folder: string = mkdtempSync(path.join(tmpdir(), 'leat-agents-'));
  readonly store: Datastore;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(store: Datastore, env: Readonly<Record<string, string>>) {
    this.store = store;
    this.#env = env;
  }

  /** `env`: what the agents find their datastore with. */
  static async make(url: string, env: Readonly<Record<string, string>> = {}): Promise<Agents> {
    const agents = new Agents(await openDatastore(url), env);
    const context = await conformanceContextIn(agents.store, path.join(agents.folder, 'cache'));
    await context.storePackage(process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64');
    for (const name of ['agent', 'runner', 'program'])
      await copyFile(built(`leat/dist/task/${name}.cjs`), agents.tool(`${name}.cjs`));
    if (agents.store.driver !== undefined) await copyFile(agents.store.driver, agents.tool('driver.cjs'));
    return agents;
  }

  tool(name: string): string {
    return path.join(this.folder, name);
  }

  /** In place of the program that runs tasks: one that does this with its `message`. */
  replaceRunner(code: string): void {
    const read = `const message = JSON.parse(require('node:fs').readFileSync(3, 'utf8'));\n`;
    writeFileSync(this.tool('runner.cjs'), read + code);
  }

  /** Stores what the jobs are told, as a layer does, and starts the agent of one of them. */
  async start(
    requests: readonly AttemptRequest[],
    index = 0,
    before: readonly string[] = [],
  ): Promise<RunningAgent> {
    const [first] = requests;
    if (first === undefined) throw new Error('there is nothing to start');
    const work = workKey(first.spec, first.token);
    await writeWork(
      this.store,
      work,
      requests.map((request) => messageOf(request, this.store.url)),
    );
    const [command, ...args] = [...before, process.execPath, this.tool('agent.cjs')];
    const env = agentEnvironment({ datastore: this.store.url, work, index });
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const shown = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => (shown[stream] += text));
    return { process: child, shown, ended: once(child, 'close').then(([code]) => code as number | null) };
  }

  /** All that a job that is over has printed. */
  async printed(job: string): Promise<readonly LogChunk[]> {
    return Array.fromAsync(readOutput(this.store, job, { isOver: () => true }));
  }

  async remove(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The text of a stream. */
export const textOf = (chunks: readonly LogChunk[], stream: LogChunk['stream']): string =>
  Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes)).toString();

function messageOf(
  { spec, chunk, environment, resources, timeoutSeconds }: AttemptRequest,
  datastore: string,
): Parameters<typeof writeWork>[2][number] {
  const { cpu, memory, gpu, disk } = resources;
  const given = { cpu: cpu.value, memory: memory.value, gpu: gpu.value, disk: disk.value };
  const timed = timeoutSeconds === undefined ? spec : { ...spec, timeoutSeconds };
  const message = { spec: timed, environment, resources: given, datastore };
  return chunk === undefined ? message : { ...message, chunk: { ...chunk, mark } };
}
