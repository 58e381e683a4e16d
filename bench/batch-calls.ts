// What a foreach on AWS Batch costs its API, against a stand-in for AWS: whole runs in real containers beside Metaflow's of the same flow, and more tasks
// than this machine has containers for.
import { submittedFindings, wholeRunFindings, wholeRunTable } from './batch-calls/rows.ts';
import { wholeRuns } from './batch-calls/whole-runs.ts';
import { withoutContainers } from './batch-calls/without-containers.ts';
import type { Answer, Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';

async function answer(settings: Settings): Promise<Answer> {
  const runs = await wholeRuns(settings);
  const submitted = await withoutContainers(settings);
  return {
    findings: [...wholeRunFindings(runs), ...submittedFindings(submitted, runs)],
    tables: [wholeRunTable(runs)],
    samples: { runs, submitted },
  };
}

export const batchCalls: Question = {
  name: 'batch-calls',
  asks: 'a foreach on AWS Batch: calls of its API, beside Metaflow in real containers, and for up to 10,000 tasks',
  answer,
};
