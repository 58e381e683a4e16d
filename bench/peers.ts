// Leat beside others, and beside the floors, at comparable isolation: what many tasks cost that do next to nothing.
import { megabytes, milliseconds, perSecond, times } from './harness/figures.ts';
import { median } from './harness/median.ts';
import type { Answer, Chart, Finding, Question, Table } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { bareNode } from './peers/bare-node.ts';
import { dask } from './peers/dask.ts';
import { gnuParallel } from './peers/gnu-parallel.ts';
import { leatFresh, leatReuse } from './peers/leat.ts';
import { metaflow } from './peers/metaflow.ts';
import type { Peer, PeerRun } from './peers/peer.ts';
import { piscina } from './peers/piscina.ts';
import { ray } from './peers/ray.ts';
import { snakemake } from './peers/snakemake.ts';
import { warmChildren } from './peers/warm-children.ts';

/** Leat first: the others are held against it. */
const peersOf: Readonly<Record<Peer['isolation'], readonly Peer[]>> = {
  process: [leatFresh, bareNode, gnuParallel, snakemake, metaflow],
  reuse: [leatReuse, warmChildren, piscina, dask, ray],
};

const titles: Readonly<Record<Peer['isolation'], string>> = {
  process: 'A fresh process for each task',
  reuse: 'Workers that take one task after another',
};

/** A peer that ran, or why it did not. */
interface Measured {
  readonly peer: Peer;
  readonly version: string;
  readonly tasks: number;
  readonly runs: readonly PeerRun[];
  readonly missing?: string;
}

function answer(settings: Settings): Answer {
  const sides = (['process', 'reuse'] as const).map((isolation) => ({
    isolation,
    measured: measureAll(isolation, settings),
  }));
  return {
    findings: sides.flatMap(({ isolation, measured }) => findingsOf(isolation, measured)),
    tables: sides.map(({ isolation, measured }) => tableOf(isolation, measured)),
    charts: sides.flatMap(({ isolation, measured }) => chartsOf(isolation, measured)),
    samples: sides.map(({ measured }) => measured.map(({ peer, ...rest }) => ({ name: peer.name, ...rest }))),
  };
}

/** All peers take turns; one that fails is told of, and the others go on. */
function measureAll(isolation: Peer['isolation'], settings: Settings): readonly Measured[] {
  const { rounds, inFlight, folder, say } = settings;
  const sides = peersOf[isolation]
    .filter((peer) => peer !== metaflow || settings.metaflowItems > 0)
    .map((peer) => prepared(peer, settings));
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      const { peer, tasks } = side;
      if (side.missing !== undefined || (peer === metaflow && round > 0)) continue;
      say(`peers: ${peer.name}, ${tasks} tasks, round ${round + 1} of ${rounds}`);
      try {
        side.runs.push(peer.run({ tasks, inFlight, folder }));
      } catch (error) {
        side.missing = reasonOf(error);
      }
    }
  }
  return sides;
}

function prepared(
  peer: Peer,
  { metaflowItems, peerFresh, peerReuse, say }: Settings,
): Omit<Measured, 'runs' | 'missing'> & { runs: PeerRun[]; missing?: string } {
  const wanted = peer.isolation === 'process' ? peerFresh : peerReuse;
  const tasks = peer === metaflow ? Math.min(wanted, metaflowItems) : wanted;
  try {
    return { peer, tasks, version: peer.prepare(say), runs: [] };
  } catch (error) {
    return { peer, tasks, version: '', runs: [], missing: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return first;
}

const didRun = ({ missing }: Measured): boolean => missing === undefined;

/** Tasks a second of the whole command, start and end included. */
const rate = ({ runs, tasks }: Measured): number => tasks / median(runs.map(({ wall }) => wall));

/** Tasks a second of the tasks alone, where that is known. */
function insideRate({ runs, tasks }: Measured): number | undefined {
  const known = runs.flatMap(({ inside }) => inside ?? []);
  return known.length === 0 ? undefined : tasks / median(known);
}

const cpu = ({ runs, tasks }: Measured): number => median(runs.map((run) => run.cpu)) / tasks;
const ownCpu = ({ runs, tasks }: Measured): number => median(runs.map((run) => run.ownCpu)) / tasks;

function findingsOf(isolation: Peer['isolation'], measured: readonly Measured[]): readonly Finding[] {
  const [leat, ...others] = measured.filter(didRun);
  if (leat === undefined || leat.peer.name !== 'Leat') return [];
  return others.map((other) => ({
    what: `${isolation === 'process' ? 'fresh processes' : 'reused workers'}, tasks a second, against ${other.peer.name}`,
    leat: perSecond(rate(leat)),
    against: `${perSecond(rate(other))} ${other.version}`,
    ratio: times(rate(leat) / rate(other)),
    budget: '',
    verdict: 'shown',
  }));
}

function tableOf(isolation: Peer['isolation'], measured: readonly Measured[]): Table {
  return {
    title: titles[isolation],
    columns: [
      'system',
      'a task',
      'tasks',
      'tasks/s, whole command',
      'tasks/s, tasks alone',
      'CPU a task, all processes',
      'CPU a task, engine or driver',
      'peak memory, engine or driver',
      'peak memory, all processes',
      'keeps',
    ],
    rows: measured.map(rowOf),
  };
}

function rowOf(side: Measured): readonly string[] {
  const { peer, version, tasks, runs, missing } = side;
  if (missing !== undefined) return [peer.name, missing, '–', '–', '–', '–', '–', '–', '–', '–'];
  const inside = insideRate(side);
  return [
    `${peer.name} ${version}`,
    peer.task,
    tasks.toLocaleString('en'),
    rate(side).toFixed(1),
    inside === undefined ? '–' : inside.toFixed(1),
    milliseconds(cpu(side)),
    milliseconds(ownCpu(side)),
    megabytes(median(runs.map(({ peakMemory }) => peakMemory))),
    megabytes(median(runs.map(({ peakTree }) => peakTree))),
    peer.keeps,
  ];
}

function chartsOf(isolation: Peer['isolation'], measured: readonly Measured[]): readonly Chart[] {
  const bars = (value: (side: Measured) => number): readonly { name: string; value: number }[] =>
    measured.filter(didRun).map((side) => ({ name: side.peer.name, value: value(side) }));
  const name = isolation === 'process' ? 'peers-fresh' : 'peers-reuse';
  const title = titles[isolation];
  return [
    {
      kind: 'bars',
      name: `${name}-rate`,
      title,
      y: 'tasks a second, the whole command (longer is better)',
      bars: bars(rate),
    },
    {
      kind: 'bars',
      name: `${name}-cpu`,
      title,
      y: 'CPU a task, all processes, in ms (shorter is better)',
      bars: bars((side) => cpu(side) * 1000),
    },
  ];
}

export const peers: Question = {
  name: 'peers',
  asks: 'Leat beside Metaflow, Snakemake, GNU parallel, Dask, Ray, piscina and the floors: rate, CPU, memory',
  answer,
};
