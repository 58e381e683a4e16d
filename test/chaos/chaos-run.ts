/** One run under kills: started through the command line, recovered after each death of its engine, until it has succeeded. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type PostgresServer, Random } from '@leat/testing';
import type { CliResult, Leat } from '../cli/leat.ts';
import type { Widths } from './items.ts';
import { drawKind, kill, type Kind } from './kills.ts';
import { processesOf, signal } from './processes.ts';

export const flowFile: string = fileURLToPath(new URL('chaos.flow.ts', import.meta.url));

export interface ChaosRunSetting {
  readonly leat: Leat;
  readonly seed: number;
  readonly widths: Widths;
  readonly server: PostgresServer | undefined;
  /** Mean time between two kills, in milliseconds. */
  readonly everyMs: number;
  /** With pauses beyond the lease, which take longer than half a minute each. */
  readonly pauses: boolean;
  /** No more kills once this is over: the run ends in peace. In milliseconds of `performance.now()`. */
  readonly until: number;
  readonly say: (line: string) => void;
}

/** What was done to a run, and what it said. */
export interface ChaosRunResult {
  /** `ChaosFlow/1` */
  readonly address: string;
  readonly kills: ReadonlyMap<Kind, number>;
  readonly recoveries: number;
  /** What engines did that nothing done to them explains. */
  readonly surprises: readonly string[];
}

/** An engine that is let go after a pause must have seen by then that the run is no longer its own. */
const wokenMs = 30_000;

/** Looks of 50 ms at an engine that takes a run over before the one that is paused is let go on for a moment. */
const waitsBeforeNudge = 100;

/** A run that does not end in peace has hung. */
const peaceMs = 600_000;

/** A wait beside a process: that one keeps us alive. */
const atMost = (ms: number): Promise<void> => setTimeout(ms, undefined, { ref: false });

/** Whether the run has: the engine before may have died after it had said so in the log. */
const hasSucceeded = ({ exitCode, stderr }: CliResult): boolean =>
  exitCode === 0 || (exitCode === 2 && stderr.includes('has ended (succeeded)'));

type Engine = ReturnType<Leat['start']> & { ended: CliResult | undefined; doomed: boolean };

/** Drives one run to its end. @throws when it cannot be brought there. */
export async function chaosRun(setting: ChaosRunSetting): Promise<ChaosRunResult> {
  return new ChaosRun(setting).drive();
}

class ChaosRun {
  readonly #setting: ChaosRunSetting;
  readonly #random: Random;
  readonly #idFile: string;
  readonly #kills = new Map<Kind, number>();
  readonly #surprises: string[] = [];
  #address: string | undefined;
  #recoveries = 0;
  #engine: Engine;

  constructor(setting: ChaosRunSetting) {
    this.#setting = setting;
    this.#random = new Random(setting.seed);
    this.#idFile = join(setting.leat.folder, 'run-id');
    rmSync(this.#idFile, { force: true });
    this.#engine = this.#begin();
  }

  async drive(): Promise<ChaosRunResult> {
    const { until, everyMs } = this.#setting;
    for (;;) {
      const gap = everyMs * 2 * this.#random.next();
      await Promise.race([this.#engine.done, atMost(performance.now() < until ? gap : peaceMs)]);
      this.#readAddress();
      if (this.#engine.ended !== undefined) {
        if (hasSucceeded(this.#engine.ended)) return this.#result();
        await this.#revive(this.#engine.ended);
      } else if (performance.now() < until) await this.#strike();
      else if (performance.now() > until + peaceMs) throw new Error(`${this.#address} hangs`);
    }
  }

  #result(): ChaosRunResult {
    const [kills, surprises, recoveries] = [this.#kills, this.#surprises, this.#recoveries];
    return { address: this.#address ?? '', kills, recoveries, surprises };
  }

  #start(...args: readonly string[]): Engine {
    const started = this.#setting.leat.start([...args, '--run-id-file', this.#idFile]);
    const engine: Engine = { ...started, ended: undefined, doomed: false };
    void started.done.then((ended) => (engine.ended = ended));
    return engine;
  }

  #begin(): Engine {
    const { items, groups } = this.#setting.widths;
    return this.#start('run', flowFile, '--items', String(items), '--groups', String(groups));
  }

  #readAddress(): void {
    const text = existsSync(this.#idFile) ? readFileSync(this.#idFile, 'utf8').trim() : '';
    if (text !== '') this.#address = text;
  }

  /** After the death of an engine: the run goes on where it was, or is begun when there is none yet. */
  async #revive({ exitCode, signal: by, stderr }: CliResult): Promise<void> {
    if (!this.#engine.doomed) {
      const last = stderr.trim().split('\n').slice(-12).join('\n    ');
      this.#surprises.push(`an engine ended by itself (${by ?? exitCode}):\n    ${last}`);
      this.#setting.say(this.#surprises.at(-1) ?? '');
      if (this.#surprises.length > 5) throw new Error(`engines of ${this.#address} keep ending`);
    }
    this.#address ??= await this.#openRun();
    if (this.#address === undefined) this.#engine = this.#begin();
    else {
      this.#recoveries += 1;
      this.#engine = this.#start('recover', this.#address);
    }
  }

  /** The run that an engine has made and not lived to tell of. */
  async #openRun(): Promise<string | undefined> {
    const runs = await this.#setting.leat.json<{ flow: string; id: string; status: string }[]>(
      'list',
      'runs',
    );
    const open = runs.find(({ status }) => status === 'running' || status === 'abandoned');
    return open && `${open.flow}/${open.id}`;
  }

  async #strike(): Promise<void> {
    const { leat, server, pauses, say } = this.#setting;
    const kind = drawKind(this.#random, { server: server !== undefined, pauses });
    const wait = this.#random.between(0, 2000);
    let what = '';
    if (kind === 'PostgreSQL' && server !== undefined) {
      await server.crash();
      await setTimeout(wait);
      await server.startAgain();
    } else if (kind === 'engine paused, run taken over' || kind === 'engine paused beyond its lease') {
      if (this.#address === undefined) return;
      await this.#pause(kind === 'engine paused, run taken over');
    } else {
      const victims = kill(kind, () => processesOf(leat), this.#random);
      if (victims.length === 0) return;
      if (victims.some(({ pid }) => pid === this.#engine.pid)) await this.#killed();
      what = victims.map(({ pid }) => pid).join(' ');
    }
    this.#kills.set(kind, (this.#kills.get(kind) ?? 0) + 1);
    say(`${this.#address ?? '(no run yet)'}: ${kind} ${what}`);
  }

  async #killed(): Promise<void> {
    this.#engine.doomed = true;
    await this.#engine.done;
  }

  /** Stops the engine, lets another one take the run over, at once or when the lease has run out, and lets the first one go on. */
  async #pause(force: boolean): Promise<void> {
    const first = this.#engine;
    signal(first.pid, 'SIGSTOP');
    first.doomed = true;
    this.#engine = await this.#takeOver(first, force);
    this.#recoveries += 1;
    signal(first.pid, 'SIGCONT');
    await Promise.race([first.done, atMost(wokenMs)]);
    const { ended } = first;
    const stopped = ended?.exitCode === 4 && ended.stderr.includes('LEASE_LOST');
    // In the moments in which it was let go on it may have come to the end.
    if (!stopped && ended?.exitCode !== 0)
      this.#surprises.push(
        `an engine that had lost its run ended with ${JSON.stringify(ended ?? 'nothing')}`,
      );
    first.kill('SIGKILL');
    await first.done;
  }

  /** Stopped in the middle of a write: SQLite keeps everybody out until that is done. */
  async #nudge({ pid }: Engine): Promise<void> {
    signal(pid, 'SIGCONT');
    await setTimeout(20);
    signal(pid, 'SIGSTOP');
  }

  async #takeOver(first: Engine, force: boolean): Promise<Engine> {
    const address = this.#address ?? '';
    for (;;) {
      rmSync(this.#idFile, { force: true });
      const next = this.#start('recover', address, ...(force ? ['--force'] : []));
      // Written when it has the run: until then it may be refused.
      const hasRun = (): boolean => existsSync(this.#idFile) && readFileSync(this.#idFile, 'utf8') !== '';
      for (let waits = 1; next.ended === undefined && !hasRun(); waits += 1) {
        await setTimeout(50);
        if (waits % waitsBeforeNudge === 0) await this.#nudge(first);
      }
      if (next.ended?.exitCode !== 4) return next;
      await setTimeout(1000);
    }
  }
}
