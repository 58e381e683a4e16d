/** What was counted, as rows. */
import { fraction } from '../harness/figures.ts';
import { verdict, type Finding, type Table } from '../harness/question.ts';
import { allCalls, callsOf, type Counted } from './counted.ts';
import { otherTasks, type WholeRun } from './whole-runs.ts';
import type { Submitted } from './without-containers.ts';

/** Budgets: calls that send, for each 10,000 tasks; calls that ask, for each 100 tasks and for each second that the run takes. */
const budget = { submits: 1, asksForHundred: 4, asksForSecond: 1.5 };

/** What the flow needs at least: an array of the foreach, and a job for each other step. */
const leastSubmits = otherTasks + budget.submits;

const operations = [
  'SubmitJob',
  'DescribeJobs',
  'DescribeJobQueues',
  'DescribeComputeEnvironments',
  'DescribeJobDefinitions',
  'RegisterJobDefinition',
  'ListJobs',
  'TerminateJob',
] as const;

const tasksOf = ({ items }: WholeRun): number => items + otherTasks;
const number = (value: number): string => value.toLocaleString('en');
const asked = (counted: Counted): string =>
  `${number(allCalls(counted))}, of which DescribeJobs ${number(callsOf(counted, 'DescribeJobs'))}, in ${counted.seconds.toFixed(0)} s`;

/** Both sides of one size. */
function pairFindings(leat: WholeRun, metaflow: WholeRun | undefined): readonly Finding[] {
  const submits = callsOf(leat, 'SubmitJob');
  const against = (text: (counted: WholeRun) => string): string =>
    metaflow === undefined ? '' : `${text(metaflow)} Metaflow`;
  const ratio = (of: (counted: WholeRun) => number): string =>
    metaflow === undefined ? '' : fraction(of(leat) / of(metaflow));
  return [
    {
      what: `run with a foreach of ${leat.items}, ${tasksOf(leat)} real containers on Batch: SubmitJob`,
      leat: number(submits),
      against: against((counted) => number(callsOf(counted, 'SubmitJob'))),
      ratio: ratio((counted) => callsOf(counted, 'SubmitJob')),
      budget: `≤ ${leastSubmits}, one a step`,
      verdict: verdict(submits <= leastSubmits),
    },
    {
      what: 'all calls of the API for it',
      leat: asked(leat),
      against: against(asked),
      ratio: ratio(allCalls),
      budget: '',
      verdict: 'shown',
    },
  ];
}

/** What the whole runs came to, size by size. */
export const wholeRunFindings = (runs: readonly WholeRun[]): readonly Finding[] =>
  runs
    .filter(({ system }) => system === 'Leat')
    .flatMap((leat) =>
      pairFindings(
        leat,
        runs.find(({ system, items }) => system === 'Metaflow' && items === leat.items),
      ),
    );

/** Every operation of the whole runs. */
export const wholeRunTable = (runs: readonly WholeRun[]): Table => ({
  title: 'Calls of whole runs in real containers, by operation',
  columns: [
    'foreach of',
    'tasks',
    'side',
    ...operations,
    'all',
    'calls a task',
    'DescribeJobs a second',
    'seconds',
  ],
  rows: runs.map((run) => [
    number(run.items),
    number(tasksOf(run)),
    run.system,
    ...operations.map((operation) => number(callsOf(run, operation))),
    number(allCalls(run)),
    (allCalls(run) / tasksOf(run)).toFixed(1),
    (callsOf(run, 'DescribeJobs') / run.seconds).toFixed(1),
    run.seconds.toFixed(0),
  ]),
});

/** Metaflow's widest run, from which more tasks are extrapolated. */
const widest = (runs: readonly WholeRun[]): WholeRun | undefined =>
  runs.findLast(({ system }) => system === 'Metaflow');

/** What Leat's layer alone came to, beside what as many tasks of Metaflow would be if each cost as much as those of its widest run. */
export function submittedFindings(
  submitted: readonly Submitted[],
  runs: readonly WholeRun[],
): readonly Finding[] {
  const measured = widest(runs);
  return submitted.flatMap((each) => [submitFinding(each, measured), allFinding(each, measured)]);
}

const extrapolated = (each: Submitted, measured: WholeRun, calls: number): string =>
  `${number(Math.round((calls / tasksOf(measured)) * each.tasks))} (extrapolated from Metaflow's ${tasksOf(measured)} tasks)`;

function submitFinding(each: Submitted, measured: WholeRun | undefined): Finding {
  const submits = callsOf(each, 'SubmitJob');
  return {
    what: `a foreach of ${number(each.tasks)} on Batch, no containers: SubmitJob`,
    leat: String(submits),
    against: measured === undefined ? '' : extrapolated(each, measured, callsOf(measured, 'SubmitJob')),
    ratio: '',
    budget: `≤ ${budget.submits} for each 10,000`,
    verdict: verdict(submits <= budget.submits * Math.ceil(each.tasks / 10_000)),
  };
}

function allFinding(each: Submitted, measured: WholeRun | undefined): Finding {
  const allowed = (budget.asksForHundred * each.tasks) / 100 + budget.asksForSecond * each.seconds + 10;
  return {
    what: 'all calls of the API for it',
    leat: asked(each),
    // How often it asks for a job depends on how long that waits and runs, which no extrapolation knows.
    against:
      measured === undefined
        ? ''
        : `${extrapolated(each, measured, allCalls(measured) - callsOf(measured, 'DescribeJobs'))}, and DescribeJobs`,
    ratio: '',
    budget: `≤ ${budget.asksForHundred} for each 100 tasks, ${budget.asksForSecond} for each second`,
    verdict: verdict(allCalls(each) <= allowed),
  };
}
