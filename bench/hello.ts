// Design §6, row 1: a two-step flow, cold, the whole command, against the same flow in Metaflow.
import { seconds, fraction } from './harness/figures.ts';
import { interleave } from './harness/interleave.ts';
import { flowFile, runLeat } from './harness/leat.ts';
import { measure, type Sample } from './harness/measure.ts';
import { median, pairedRatio } from './harness/median.ts';
import { installMetaflow, runMetaflow } from './harness/metaflow.ts';
import { wallVerdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { newFolder } from './harness/work-folder.ts';

const budget = 1 / 5;

/** Cold: nothing of ours runs yet, no store, no package of the flow. Both sides' own code is compiled already: a warm-up round is not counted. */
function answer({ rounds, metaflowItems, folder, say }: Settings): Answer {
  const sides: Record<string, () => Sample> = {
    leat: (): Sample => runLeat({ argv: ['run', flowFile('hello')], inside: folder }),
    node: (): Sample => measure({ argv: [process.execPath, '-e', '0'], folder: newFolder(folder, 'node') }),
    ...(metaflowItems > 0 && {
      metaflow: (): Sample => runMetaflow({ flow: 'hello', argv: ['run'], inside: folder }),
    }),
  };
  if (metaflowItems > 0) installMetaflow(say);
  interleave(1, sides);
  say(`hello: ${rounds} rounds of ${Object.keys(sides).join(', ')}`);
  const samples = interleave(rounds, sides);
  const { leat = [], metaflow = [], node = [] } = samples;
  const findings: Finding[] = [];
  if (metaflow.length > 0) {
    findings.push(
      compare('two-step flow, whole command, wall', leat, metaflow, 'wall'),
      compare('the same, CPU of all its processes', leat, metaflow, 'cpu'),
    );
  }
  findings.push({
    what: 'the same against three bare node starts, CPU',
    leat: seconds(median(leat.map(({ cpu }) => cpu))),
    against: `${seconds(3 * median(node.map(({ cpu }) => cpu)))} floor`,
    ratio: fraction(
      pairedRatio(
        leat.map(({ cpu }) => cpu),
        node.map(({ cpu }) => 3 * cpu),
      ),
    ),
    budget: '',
    verdict: 'shown',
  });
  return { findings, samples };
}

function compare(
  what: string,
  leat: readonly Sample[],
  metaflow: readonly Sample[],
  key: 'wall' | 'cpu',
): Finding {
  const [ours, theirs] = [leat, metaflow].map((side) => side.map((sample) => sample[key])) as [
    number[],
    number[],
  ];
  const ratio = pairedRatio(ours, theirs);
  return {
    what,
    leat: seconds(median(ours)),
    against: `${seconds(median(theirs))} Metaflow`,
    ratio: fraction(ratio),
    budget: key === 'wall' ? '≤ 1/5' : '',
    verdict: key === 'wall' ? wallVerdict(ratio <= budget, [...leat, ...metaflow]) : 'shown',
  };
}

export const hello: Question = {
  name: 'hello',
  asks: 'a two-step flow, cold, whole command: at most 1/5 of Metaflow',
  answer,
};
