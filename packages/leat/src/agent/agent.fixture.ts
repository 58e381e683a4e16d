/** An agent as it is published, with a program of the test's in place of the one that runs tasks: so a test says what a task does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildRunner } from '../compute/local/runner.fixture.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import { agentEnvironment, type AgentSetting } from './agent-environment.ts';
import { writeWork } from './work-object.ts';

/** Reads its message and does what the variable CODE of it says. */
const codeRunner = `
const { readFileSync } = require('node:fs');
const message = JSON.parse(readFileSync(3, 'utf8'));
new Function('require', 'message', message.environment.CODE)(require, message);
`;

const work = 'runs/TestFlow/1/work/test';

/** How an agent is started. */
export interface StartOptions {
  /** What starts it, such as a shell that enters a control group. */
  readonly before?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An agent that was started. */
export interface StartedAgent {
  readonly process: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What its own streams show, so far. */
  readonly shown: { stdout: string; stderr: string };
}

export class AgentFixture {
  readonly folder: string = mkdtempSync(path.join(tmpdir(), 'leat-agent-'));
  readonly url: string = pathToFileURL(path.join(this.folder, 'store')).href;
  store!: Datastore;

  static async make(): Promise<AgentFixture> {
    const fixture = new AgentFixture();
    mkdirSync(path.join(fixture.folder, 'tools'));
    await buildRunner(path.join(fixture.folder, 'tools'));
    writeFileSync(path.join(fixture.folder, 'tools', 'runner.cjs'), codeRunner);
    fixture.store = await openDatastore(fixture.url);
    return fixture;
  }

  async write(...messages: readonly TaskMessage[]): Promise<void> {
    await writeWork(this.store, work, messages);
  }

  start(setting: Partial<AgentSetting> = {}, { before = [], env = {} }: StartOptions = {}): StartedAgent {
    const [command, ...args] = [...before, process.execPath, path.join(this.folder, 'tools', 'agent.cjs')];
    const environment = agentEnvironment({ datastore: this.url, work, ...setting });
    const child = spawn(command, args, {
      env: { ...process.env, ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const shown = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => (shown[stream] += text));
    const ended = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
    return { process: child, ended, shown };
  }

  async keys(): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list('jobs/')) keys.push(key);
    return keys.toSorted();
  }

  async remove(): Promise<void> {
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
