// `npm test`: the unit tests, then the system tests, then one line that sums them up. What stands after `npm test --` goes to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { root } from './workspace.ts';

/** What of vitest's JSON report is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A file that cannot be loaded holds no tests that could fail, and counts as one; so does a run that ends badly for a reason of its own. */
function countsOf(report: Report | undefined, succeeded: boolean): Counts {
  if (report === undefined) return { passed: 0, failed: succeeded ? 0 : 1, skipped: 0 };
  const unloadable = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloadable.length;
  return {
    passed: report.numPassedTests,
    failed: succeeded ? failed : Math.max(failed, 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function runProject(project: string): Counts {
  const reportFile = path.join(root, `.cache/test-${project}.json`);
  rmSync(reportFile, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      `--project=${project}`,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  const report = existsSync(reportFile)
    ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report)
    : undefined;
  return countsOf(report, status === 0);
}

const all = ['unit', 'system'].map(runProject);
const sum = (of: keyof Counts): number => all.reduce((total, counts) => total + counts[of], 0);
const skipped = sum('skipped');
if (sum('passed') === 0 && sum('failed') === 0) console.error('No test ran.');
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
