/** Each example as its README says, in a home of its own. */
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const flowOf = (name: string): string =>
  fileURLToPath(new URL(`../../examples/${name}/flow.ts`, import.meta.url));

describe('examples', () => {
  let leat: Leat;
  leatForEachTest((own) => {
    leat = own;
  });

  it('01-hello: a parameter and an artifact', async () => {
    const { stdout } = await leat.ok(['run', flowOf('01-hello'), '--name', 'miller']);
    expect(stdout).toContain('miller');
  });

  it('02-process-demo: a module variable is 5 again in end, the field keeps its 9', async () => {
    const { stdout } = await leat.ok(['run', flowOf('02-process-demo')]);
    expect(stdout).toMatch(/start\].*9/);
    expect(stdout).toMatch(/end\].*5/);
    const pids = new Set(
      [...stdout.matchAll(/process ID is (?<pid>\d+)/g)].map((match) => match.groups?.['pid']),
    );
    expect(pids.size).toBe(2);
  });

  it('03-long-string: asks for its memory', async () => {
    const { stdout, stderr } = await leat.ok(['run', flowOf('03-long-string'), '--length', '1000000']);
    expect(stdout).toContain('lots of memory consumed');
    expect(stderr).toMatch(/10,?000 MB/);
  });

  it('04-divide-by-zero: fails, as it should', async () => {
    const { exitCode, stderr } = await leat.call(['run', flowOf('04-divide-by-zero')]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Division by zero');
    expect(stderr).toMatch(/04-divide-by-zero\/flow\.ts:\d+/);
  });

  it('05-divide-try-catch: the step handles it', async () => {
    await leat.ok(['run', flowOf('05-divide-try-catch')]);
  });

  it('06-divide-catch-error: two retries, then the run goes on without the item', async () => {
    const { stdout } = await leat.ok(['run', flowOf('06-divide-catch-error')]);
    expect(stdout).toContain('failed: Division by zero (3 attempts)');
    const tasks = await leat.tasks('CatchDivideByZeroFlow/1');
    expect(tasks.find((task) => task.task === 'divide[0]')).toMatchObject({ attempts: 3, caught: true });
  });

  it('07-retry: bad luck is tried again', async () => {
    const { exitCode, stdout, stderr } = await leat.call([
      'run',
      flowOf('07-retry'),
      '--with',
      'retry:times=20',
    ]);
    expect(exitCode, stderr).toBeLessThan(2);
    expect(stdout + stderr).toMatch(/Lucky you!|Bad luck!/);
  });

  it('08-timeout: an attempt has five seconds', async () => {
    const { exitCode } = await leat.call(['run', flowOf('08-timeout')]);
    expect(exitCode).toBeLessThan(2);
    const [start] = await leat.tasks('TimeoutFlow/1');
    expect(start?.attempts).toBeGreaterThanOrEqual(1);
    if ((start?.attempts ?? 0) > 1) expect(start?.failure?.reason).toBe('timeout');
  });

  it('09-svm: the best kernel by cross-validation, the model as an artifact', async () => {
    await leat.ok(['run', flowOf('09-svm')]);
  });

  it('10-files-and-branches: a merge and a file', async () => {
    await leat.ok(['run', flowOf('10-files-and-branches')]);
    const report = await leat.ok(['get', 'FilesAndBranchesFlow/1/end.report']);
    expect(report.stdout.split('\n')[0]).toBe('origin,miles_per_gallon,horsepower');
    expect(report.stdout.trim().split('\n').length).toBeGreaterThan(3);
  });

  it('11-countries: a model for each country, a chart, a CSV of forecasts', async () => {
    const { stdout } = await leat.ok(['run', flowOf('11-countries')]);
    expect(stdout).toMatch(/62/);
    const chart = await leat.ok(['get', 'CountriesFlow/latest/end.chart']);
    expect(chart.stdout).toMatch(/^<svg/);
    const forecasts = await leat.ok(['get', 'CountriesFlow/latest/end.forecasts']);
    expect(forecasts.stdout.trim().split('\n').length).toBeGreaterThan(62);
    expect((await leat.tasks('CountriesFlow/1')).filter((task) => task.step === 'fit')).toHaveLength(62);
  });

  it('12-bootstrap: thousands of tiny tasks share processes, and each can be asked for its result', async () => {
    const { stdout } = await leat.ok(['run', flowOf('12-bootstrap'), '--resamples', '3000']);
    expect(stdout).toContain('2005, 62 countries: -4.93 years of life for each child more');
    expect(stdout).toMatch(/95 % of 3000 resamples between -6\.\d\d and -4\.\d\d/);
    const one = await leat.ok(['get', 'BootstrapFlow/latest/estimate[2999].slope']);
    expect(Number(one.stdout)).toBeLessThan(-3);
    expect((await leat.tasks('BootstrapFlow/1')).filter((task) => task.step === 'estimate')).toHaveLength(
      3000,
    );
  });
});
