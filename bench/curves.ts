// From a thousand tasks to a million: what a task costs, and how much memory the engine holds. Flat is good.
import { megabytes, microseconds, milliseconds, perSecond } from './harness/figures.ts';
import { median } from './harness/median.ts';
import type { Answer, Chart, Question, Series, Table } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { wideRuns, type Isolation, type WideRun } from './harness/wide-run.ts';
import { cpuBudget, memoryBudget } from './million.ts';

/** From so many tasks on a size is run once: it takes minutes. */
const wide = { reuse: 100_000, process: 10_000 } as const;
const mostRounds = 3;

/** One way to run a task, at all sizes. */
interface Curve {
  readonly isolation: Isolation;
  /** The engine's CPU in a run of one item: what does not depend on the tasks. */
  readonly startCpu: number;
  readonly sizes: readonly { readonly items: number; readonly runs: readonly WideRun[] }[];
}

const names: Readonly<Record<Isolation, string>> = {
  reuse: 'reused processes',
  process: 'a fresh process each',
};

function answer(settings: Settings): Answer {
  const curves = (['reuse', 'process'] as const).map((isolation) => measureCurve(isolation, settings));
  const measured = curves.filter(({ sizes }) => sizes.length > 0);
  return { findings: [], tables: measured.map(tableOf), charts: chartsOf(measured), samples: curves };
}

function measureCurve(isolation: Isolation, settings: Settings): Curve {
  const { curveSizes, freshLimit, rounds, inFlight, folder, say } = settings;
  const sizes = curveSizes.filter((items) => isolation === 'reuse' || items <= freshLimit);
  const runsOf = (items: number): readonly WideRun[] => {
    const often = items >= wide[isolation] ? 1 : Math.min(rounds, mostRounds);
    say(`curves: ${names[isolation]}, ${items} items, ${often === 1 ? 'once' : `${often} times`}`);
    return wideRuns({ items, isolation, inFlight, folder }, often);
  };
  const startCpu = of(runsOf(1), 'ownCpu');
  return { isolation, startCpu, sizes: sizes.map((items) => ({ items, runs: runsOf(items) })) };
}

const of = (
  runs: readonly WideRun[],
  key: 'wall' | 'cpu' | 'ownCpu' | 'peakMemory' | 'peakTree' | 'inside',
): number => median(runs.map((run) => run[key]));

function tableOf({ isolation, startCpu, sizes }: Curve): Table {
  return {
    title: `A foreach in ${names[isolation]}`,
    columns: [
      'tasks',
      `engine's CPU a task`,
      'the same, without its start',
      'CPU a task, all processes',
      `engine's peak memory`,
      'peak memory, all processes',
      'tasks/s, whole command',
      'runs',
    ],
    rows: sizes.map(({ items, runs }) => [
      items.toLocaleString('en'),
      microseconds(of(runs, 'ownCpu') / items),
      microseconds((of(runs, 'ownCpu') - startCpu) / items),
      milliseconds(of(runs, 'cpu') / items),
      megabytes(of(runs, 'peakMemory')),
      megabytes(of(runs, 'peakTree')),
      perSecond(items / of(runs, 'wall')),
      String(runs.length),
    ]),
  };
}

function chartsOf(curves: readonly Curve[]): readonly Chart[] {
  const widths = curves.flatMap(({ sizes }) => sizes.map(({ items }) => items));
  const ends = [Math.min(...widths), Math.max(...widths)];
  const limit = (name: string, y: number): Series => ({
    name,
    limit: true,
    points: ends.map((items) => [items, y] as const),
  });
  const lines = (value: (runs: readonly WideRun[], items: number) => number): readonly Series[] =>
    curves.map(({ isolation, sizes }) => ({
      name: names[isolation],
      points: sizes.map(({ items, runs }) => [items, value(runs, items)] as const),
    }));
  const withoutStart = curves.map(({ isolation, startCpu, sizes }) => ({
    name: `${names[isolation]}, without the engine's start`,
    points: sizes.map(
      ({ items, runs }) => [items, Math.max(0, of(runs, 'ownCpu') - startCpu) * (1e6 / items)] as const,
    ),
  }));
  const shared = { kind: 'lines', x: 'tasks in the foreach' } as const;
  return [
    {
      ...shared,
      name: 'curve-engine-cpu',
      title: `The engine's CPU for a task`,
      y: 'µs of CPU a task',
      series: [
        ...lines((runs, items) => (of(runs, 'ownCpu') / items) * 1e6),
        ...withoutStart,
        limit('budget: 50 µs', cpuBudget * 1e6),
      ],
    },
    {
      ...shared,
      name: 'curve-engine-memory',
      title: `The engine's peak memory`,
      y: 'MiB',
      series: [
        ...lines((runs) => of(runs, 'peakMemory') / 2 ** 20),
        limit('budget: 512 MB', memoryBudget / 2 ** 20),
      ],
    },
    {
      ...shared,
      name: 'curve-all-cpu',
      title: 'CPU for a task, all processes',
      y: 'ms of CPU a task',
      series: lines((runs, items) => (of(runs, 'cpu') / items) * 1000),
    },
    {
      ...shared,
      name: 'curve-rate',
      title: 'Tasks a second, the whole command',
      y: 'tasks a second',
      series: lines((runs, items) => items / of(runs, 'wall')),
    },
  ];
}

export const curves: Question = {
  name: 'curves',
  asks: 'from 1,000 to 1,000,000 tasks: CPU a task, memory of the engine',
  answer,
};
