// Design §6, row 4: a wide foreach on a layer with arrays: how often the layer is asked to take tasks, and how often what became of them.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LayerCalls } from './arrays.layer.ts';
import { times } from './harness/figures.ts';
import { flowFile, runLeat, type LeatRun } from './harness/leat.ts';
import { verdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { newFolder } from './harness/work-folder.ts';

/** Calls for each 10,000 tasks: one array, and what is left over where a batch ends. */
const submitBudget = 2;
/** The polls of the wide run against those of one a hundredth as wide. */
const pollBudget = 2;
const array = 10_000;
const layer = path.join(import.meta.dirname, 'arrays.layer.ts');

/** One run, and what its layer counted. */
interface Counted extends LeatRun, LayerCalls {
  readonly items: number;
}

function counted(items: number, push: boolean, folder: string): Counted {
  const report = path.join(newFolder(folder, 'layer'), 'calls.json');
  const run = runLeat({
    argv: ['run', flowFile('arrays'), '--items', String(items), '--with', layer],
    inside: folder,
    environment: { BENCH_LAYER_REPORT: report, BENCH_LAYER_PUSH: push ? 'yes' : 'no' },
  });
  return { ...run, ...(JSON.parse(readFileSync(report, 'utf8')) as LayerCalls), items };
}

/** One kind of layer, at all widths, the narrowest first. */
interface Kind {
  readonly push: boolean;
  readonly runs: readonly [Counted, ...Counted[]];
}

function measureKind(push: boolean, { arrayItems, folder, say }: Settings): Kind {
  const [narrow, ...wider] = [100, 10, 1].map((part) => Math.max(1, Math.round(arrayItems / part)));
  const run = (items: number): Counted => {
    say(`arrays: ${items} items on ${kindOf(push)}`);
    return counted(items, push, folder);
  };
  return { push, runs: [run(narrow ?? arrayItems), ...wider.map(run)] };
}

const kindOf = (push: boolean): string =>
  push ? 'a layer that tells of changes' : 'a layer that only answers';

function answer(settings: Settings): Answer {
  const samples = [true, false].map((push) => measureKind(push, settings));
  const submits = samples.slice(0, 1).map(submitFinding);
  return { findings: [...submits, ...samples.map(pollFinding)], samples };
}

const widestOf = ({ runs }: Kind): Counted => runs.at(-1) ?? runs[0];

function submitFinding(kind: Kind): Finding {
  const { items, submits, largestSubmit } = widestOf(kind);
  const arrayCount = Math.ceil(items / array);
  return {
    what: `foreach of ${items.toLocaleString('en')} on a layer with arrays of ${array.toLocaleString('en')}: submits`,
    leat: `${submits}, the largest with ${largestSubmit.toLocaleString('en')}`,
    against: `${arrayCount} at best`,
    ratio: '',
    budget: `≤ ${submitBudget} for each ${array.toLocaleString('en')}`,
    verdict: verdict(submits <= submitBudget * arrayCount),
  };
}

function pollFinding(kind: Kind): Finding {
  const [narrow, ...wider] = kind.runs;
  const growth = widestOf(kind).polls / narrow.polls;
  const all = [narrow, ...wider];
  return {
    what: `polls of ${all.map(({ items }) => items.toLocaleString('en')).join('; ')} such tasks, ${kindOf(kind.push)}`,
    leat: all.map(({ polls }) => polls).join('; '),
    against: '',
    ratio: `${times(growth)} from first to last`,
    budget: `≤ ${pollBudget}×`,
    verdict: verdict(growth <= pollBudget),
  };
}

export const arrays: Question = {
  name: 'arrays',
  asks: 'a foreach of 10,000 on a layer with arrays: a submit for each 10,000, polls that do not grow with the tasks',
  answer,
};
