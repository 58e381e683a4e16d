/** Runs under kills, one after the other, for a time; after each, everything is held against what was promised. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openMetadata } from 'leat/metadata';
import { PostgresServer } from '@leat/testing';
import { Leat } from '../cli/leat.ts';
import { chaosRun, type ChaosRunResult } from './chaos-run.ts';
import { checkRun } from './check-run.ts';
import { widthsOf } from './items.ts';
import { lingering, unfinishedFiles } from './processes.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly tasks: number;
  readonly seed: number;
  readonly metadata: 'sqlite' | 'postgres';
  readonly isolation: 'process' | 'reuse' | 'mixed';
  /** Mean time between two kills, in milliseconds. */
  readonly everyMs: number;
  /** Pauses beyond the lease, too: each takes longer than half a minute. */
  readonly pauses: boolean;
  /** Keep the home. */
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

/** What chaos has come to. Nothing is wrong when the lists are empty. */
export interface ChaosReport {
  readonly runs: number;
  readonly tasks: number;
  readonly executions: number;
  readonly lateOfFenced: number;
  readonly recoveries: number;
  readonly kills: ReadonlyMap<string, number>;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly leftovers: readonly string[];
  /** What engines and the doctor said that they should not have. */
  readonly surprises: readonly string[];
}

/** What is still there after this is a leftover. In milliseconds. */
const patienceMs = 15_000;

/** Lets chaos loose for some minutes. The last run is brought to its end in peace. */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const server = options.metadata === 'postgres' ? await PostgresServer.start() : undefined;
  const place = new Place(server);
  try {
    return await letLoose(options, place, server);
  } finally {
    if (options.keep) options.say(`kept: ${place.leat.folder}`);
    else place.leat.dispose();
    await server?.stop();
  }
}

async function letLoose(
  options: ChaosOptions,
  place: Place,
  server: PostgresServer | undefined,
): Promise<ChaosReport> {
  const { minutes, seed, tasks, say, everyMs, pauses } = options;
  const widths = widthsOf(tasks);
  const until = performance.now() + minutes * 60_000;
  const total = new Total();
  for (let run = 0; run === 0 || performance.now() < until; run += 1) {
    place.leat.env['CHAOS_ISOLATION'] = options.isolation;
    const result = await chaosRun({
      leat: place.leat,
      seed: seed + run,
      widths,
      server,
      everyMs,
      pauses,
      until,
      say,
    });
    const left = [...(await lingering(place.leat, patienceMs))];
    const metadata = await openMetadata(place.metadata);
    const checked = await checkRun(metadata, { address: result.address, widths, ledger: place.ledger });
    await metadata.close();
    const doctor = await place.leat.call(['doctor']);
    if (doctor.exitCode !== 0 || !doctor.stderr.includes('healthy'))
      total.surprises.push(`leat doctor: ${doctor.stdout}${doctor.stderr}`);
    left.push(...unfinishedFiles({ temporary: place.temporary, kept: [place.home, place.cache] }));
    total.add(result, checked, left);
    say(
      `${result.address}: ${checked.tasks} tasks, ${checked.executions} executions, ${result.recoveries} recoveries`,
    );
  }
  return total;
}

/** Where it happens: a home, a folder for temporary files, and one for what is kept between runs, all of its own. */
class Place {
  readonly leat: Leat = new Leat();
  readonly metadata: string;

  constructor(server: PostgresServer | undefined) {
    for (const folder of [this.temporary, this.cache]) mkdirSync(folder);
    this.metadata = server?.url('?schema=chaos') ?? this.home;
    Object.assign(this.leat.env, {
      TMPDIR: this.temporary,
      XDG_CACHE_HOME: this.cache,
      CHAOS_LEDGER: this.ledger,
      LEAT_METADATA: server && this.metadata,
    });
  }

  get home(): string {
    return join(this.leat.folder, '.leat');
  }
  get temporary(): string {
    return join(this.leat.folder, 'temporary');
  }
  get cache(): string {
    return join(this.leat.folder, 'cache');
  }
  get ledger(): string {
    return join(this.leat.folder, 'ledger');
  }
}

class Total implements ChaosReport {
  runs = 0;
  tasks = 0;
  executions = 0;
  lateOfFenced = 0;
  recoveries = 0;
  readonly kills = new Map<string, number>();
  readonly lost: string[] = [];
  readonly doubled: string[] = [];
  readonly leftovers: string[] = [];
  readonly surprises: string[] = [];

  add(
    { address, kills, recoveries, surprises }: ChaosRunResult,
    checked: Awaited<ReturnType<typeof checkRun>>,
    left: readonly string[],
  ): void {
    const named = (lines: readonly string[]): string[] => lines.map((line) => `${address}: ${line}`);
    this.runs += 1;
    this.tasks += checked.tasks;
    this.executions += checked.executions;
    this.lateOfFenced += checked.lateOfFenced;
    this.recoveries += recoveries;
    for (const [kind, times] of kills) this.kills.set(kind, (this.kills.get(kind) ?? 0) + times);
    this.lost.push(...named(checked.lost));
    this.doubled.push(...named(checked.doubled));
    this.leftovers.push(...named(left));
    this.surprises.push(...named(surprises));
  }
}
