// What a foreach on AWS Batch costs its API: calls for 100, 1,000 and 10,000 tasks, against a stand-in for AWS whose jobs take no containers.
import path from 'node:path';
import { BatchServer, conformanceContextIn, conformanceRequest } from '@leat/testing';
import { computeLayer } from '@leat/aws/batch';
import type { ComputeLayer, JobId } from 'leat/compute';
import { openDatastore } from 'leat/datastore';
import { verdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';

/** Tasks that run at once, and how long each takes, in seconds. */
const place = { slots: 1000, seconds: 5 };

/** Budgets: calls that send, for each 10,000 tasks; calls that ask, for each 100 tasks and for each second that the run takes. */
const budget = { submits: 1, asksForHundred: 4, asksForSecond: 1.5 };

/** Metaflow's client, by its source, sends for each task DescribeJobQueues, DescribeComputeEnvironments, DescribeJobDefinitions and SubmitJob, and asks for each task once a second. */
const metaflowForTask = 4;

interface Counted {
  readonly tasks: number;
  readonly seconds: number;
  readonly calls: Readonly<Record<string, number>>;
}

async function untilOver(layer: ComputeLayer, jobs: readonly JobId[]): Promise<void> {
  const open = new Set(jobs);
  while (open.size > 0) {
    const signal = AbortSignal.timeout(600_000);
    for (const [job, { state }] of await layer.poll([...open], { waitMs: 20_000, signal }))
      if (state === 'succeeded' || state === 'failed') open.delete(job);
  }
}

async function measure(tasks: number, server: BatchServer, cache: string): Promise<Counted> {
  const store = await openDatastore('s3://bench/leat');
  const layer = await computeLayer.open(await conformanceContextIn(store, cache));
  try {
    const options = computeLayer.parseOptions({ queue: 'main', jobRole: server.role });
    const requests = Array.from({ length: tasks }, () => conformanceRequest('succeed', { options }));
    const before = await server.calls();
    const since = performance.now();
    const results = await layer.submit(requests);
    await untilOver(
      layer,
      results.flatMap((result) => ('job' in result ? result.job : [])),
    );
    const seconds = (performance.now() - since) / 1000;
    const after = await server.calls();
    const calls = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
    return { tasks, seconds, calls: Object.fromEntries(calls) };
  } finally {
    await layer.close();
    await store.close();
  }
}

const countOf = ({ calls }: Counted, name: string): number => calls[name] ?? 0;

function submitFinding(counted: Counted): Finding {
  const { tasks } = counted;
  const submits = countOf(counted, 'submitjob');
  return {
    what: `a foreach of ${tasks.toLocaleString('en')} on Batch: SubmitJob`,
    leat: String(submits),
    against: `${tasks.toLocaleString('en')} (Metaflow, by its source)`,
    ratio: `1/${Math.round(tasks / submits).toLocaleString('en')}`,
    budget: `≤ ${budget.submits} for each 10,000`,
    verdict: verdict(submits <= budget.submits * Math.ceil(tasks / 10_000)),
  };
}

function allFinding(counted: Counted): Finding {
  const { tasks, seconds, calls } = counted;
  const all = Object.values(calls).reduce((sum, count) => sum + count, 0);
  const allowed = (budget.asksForHundred * tasks) / 100 + budget.asksForSecond * seconds + 10;
  return {
    what: `all calls of the API for it, in ${seconds.toFixed(0)} s`,
    leat: `${all}, of which DescribeJobs ${countOf(counted, 'describejobs')}`,
    against: `≥ ${(metaflowForTask * tasks).toLocaleString('en')}, and one a second for each task that waits or runs (Metaflow, by its source)`,
    ratio: '',
    budget: `≤ ${budget.asksForHundred} for each 100 tasks, ${budget.asksForSecond} for each second`,
    verdict: verdict(all <= allowed),
  };
}

async function answer({ folder, say }: Settings): Promise<Answer> {
  const server = await BatchServer.start(place);
  const before = { ...process.env };
  try {
    await server.createBucket('bench');
    Object.assign(process.env, server.env);
    const samples: Counted[] = [];
    for (const tasks of [100, 1000, 10_000]) {
      say(`batch-calls: ${tasks} tasks`);
      samples.push(await measure(tasks, server, path.join(folder, 'cache')));
    }
    return { findings: samples.flatMap((each) => [submitFinding(each), allFinding(each)]), samples };
  } finally {
    process.env = before;
    await server.stop();
  }
}

export const batchCalls: Question = {
  name: 'batch-calls',
  asks: 'a foreach on AWS Batch: calls of its API for 100, 1,000 and 10,000 tasks',
  answer,
};
