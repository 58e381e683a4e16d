// Design §6, row 2: a foreach with a fresh process for each item, against the rate at which this machine starts bare Node processes, and against
// Metaflow. On the way: what the engine itself costs.
import { startBareProcesses, type BareStarts } from './harness/bare-starts.ts';
import { megabytes, milliseconds, percent, perSecond } from './harness/figures.ts';
import { interleave } from './harness/interleave.ts';
import { flowFile, runLeat, type LeatRun } from './harness/leat.ts';
import { median, pairedRatio } from './harness/median.ts';
import { installMetaflow, runMetaflow, type MetaflowRun } from './harness/metaflow.ts';
import { wallVerdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';

const budget = 0.8;
/** Each run has `start`, the join and `end` besides its items. All are fresh processes. */
const besides = 3;

interface Measured {
  readonly leat: readonly LeatRun[];
  readonly bare: readonly BareStarts[];
  /** The machine's best, with more in flight than Leat was allowed. */
  readonly bareTwice: readonly BareStarts[];
  readonly metaflow: readonly MetaflowRun[];
}

function answer(settings: Settings): Answer {
  const { rounds, items, inFlight, folder, say } = settings;
  const workers = ['--max-workers', String(inFlight)];
  say(`foreach: ${rounds} rounds of ${items} items and as many bare processes, ${inFlight} in flight`);
  const samples = interleave<'leat' | 'bare' | 'bareTwice', LeatRun | BareStarts>(rounds, {
    leat: () =>
      runLeat({ argv: ['run', flowFile('foreach'), '--items', String(items), ...workers], inside: folder }),
    bare: () => startBareProcesses(items, inFlight, folder),
    bareTwice: () => startBareProcesses(items, 2 * inFlight, folder),
  });
  const measured = { ...samples, metaflow: metaflowSide(settings) } as Measured;
  return { findings: [...rates(measured, settings), ...engine(measured, settings)], samples: measured };
}

/** Once, and fewer items: 1,000 take Metaflow five minutes. It is compared by rate, which hardly changes with the width. */
function metaflowSide({ metaflowItems, inFlight, folder, say }: Settings): MetaflowRun[] {
  if (metaflowItems === 0) return [];
  installMetaflow(say);
  say(`foreach: ${metaflowItems} items in Metaflow`);
  const limits = ['--max-workers', String(inFlight), '--max-num-splits', String(metaflowItems)];
  const argv = ['run', '--items', String(metaflowItems), ...limits];
  return [runMetaflow({ flow: 'foreach', argv, inside: folder })];
}

function rates(
  { leat, bare, bareTwice, metaflow }: Measured,
  { items, metaflowItems, inFlight }: Settings,
): Finding[] {
  const ours = leat.map(({ wall }) => (items + besides) / wall);
  const floors = [bare, bareTwice].map((side) => side.map(({ rate }) => rate)) as [number[], number[]];
  const ratio = pairedRatio(ours, floors[0]);
  const findings: Finding[] = [
    {
      what: `foreach of ${items}, tasks a second of the whole command, ${inFlight} in flight`,
      leat: perSecond(median(ours)),
      against: `${perSecond(median(floors[0]))} node -e 0`,
      ratio: percent(ratio),
      budget: '≥ 80 %',
      verdict: wallVerdict(ratio >= budget, [...leat, ...bare]),
    },
    {
      what: `the same, the floor with ${2 * inFlight} in flight`,
      leat: perSecond(median(ours)),
      against: `${perSecond(median(floors[1]))} node -e 0`,
      ratio: percent(pairedRatio(ours, floors[1])),
      budget: '',
      verdict: 'shown',
    },
    {
      what: 'CPU of a task, everything included',
      leat: milliseconds(median(leat.map(({ cpu }) => cpu / (items + besides)))),
      against: `${milliseconds(median(bare.map(({ cpu }) => cpu / items)))} node -e 0`,
      ratio: `${pairedRatio(
        leat.map(({ cpu }) => cpu / (items + besides)),
        bare.map(({ cpu }) => cpu / items),
      ).toFixed(2)}×`,
      budget: '',
      verdict: 'shown',
    },
  ];
  if (metaflow.length === 0) return findings;
  const theirs = median(metaflow.map(({ wall }) => (metaflowItems + besides) / wall));
  findings.push({
    what: `tasks a second against Metaflow's foreach of ${metaflowItems}`,
    leat: perSecond(median(ours)),
    against: `${perSecond(theirs)} Metaflow`,
    ratio: `${(median(ours) / theirs).toFixed(1)}×`,
    budget: '',
    verdict: 'shown',
  });
  return findings;
}

function engine({ leat, metaflow }: Measured, { items, metaflowItems }: Settings): Finding[] {
  const against = (of: (run: MetaflowRun) => string): string =>
    metaflow.map((run) => `${of(run)} Metaflow`).join();
  return [
    {
      what: `engine's own CPU a task`,
      leat: milliseconds(median(leat.map(({ ownCpu }) => ownCpu / (items + besides)))),
      against: against(({ ownCpu }) => milliseconds(ownCpu / (metaflowItems + besides))),
      ratio: '',
      budget: '',
      verdict: 'shown',
    },
    {
      what: `engine's peak memory (VmHWM)`,
      leat: megabytes(median(leat.map(({ peakMemory }) => peakMemory))),
      against: against(({ peakMemory }) => megabytes(peakMemory)),
      ratio: '',
      budget: '',
      verdict: 'shown',
    },
  ];
}

export const foreach: Question = {
  name: 'foreach',
  asks: 'a foreach, a fresh process each: at least 80 % of the rate of bare node starts',
  answer,
};
