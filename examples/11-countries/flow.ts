import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Flow, catchError, current, file, parameter, step, timeout, type Failure, type Inputs } from 'leat';
import { chooseBest, type Choice } from './choice.ts';
import { families, parseFamilies } from './families.ts';
import { indicatorTitles, indicators } from './indicators.ts';
import type { Series } from './series.ts';
import type { Trial } from './trial.ts';

/** Small models for many countries: a task for each country tries all families, a join picks the best. */
export default class CountriesFlow extends Flow {
  indicator = parameter('life_expect', { choices: indicators, help: 'what to forecast' });
  horizon = parameter(10, { choices: [5, 10, 15, 20, 25] as const, help: 'years to forecast' });
  metric = parameter('mae', { choices: ['mae', 'rmse'] as const, help: 'how errors are measured' });
  families = parameter([...families] as string[], { help: 'model families to try' });
  countries = parameter([] as string[], {
    separator: ';',
    help: 'names with ; between them, all countries by default',
  });

  declare series: Series[];
  declare trial: Trial;
  declare failed?: Failure;
  declare choices: Choice[];
  declare failures: string[];
  declare chart: ReturnType<typeof file>;
  declare forecasts: ReturnType<typeof file>;

  @step async start() {
    parseFamilies(this.families); // a wrong name ends the run here, before any model is fitted
    const { loadSeries } = await import('./gapminder.ts');
    this.series = loadSeries(this.indicator, this.countries);
    this.next(this.fit, { foreach: this.series });
  }

  @catchError({ var: 'failed' })
  @timeout({ minutes: 5 })
  @step
  async fit(series: Series) {
    const { runTrial } = await import('./trial.ts');
    this.trial = runTrial(series, {
      families: parseFamilies(this.families),
      horizon: this.horizon,
      metric: this.metric,
    });
    this.next(this.choose);
  }

  @step choose(inputs: Inputs<CountriesFlow>) {
    this.choices = inputs.filter((task) => !task.failed).map((task) => chooseBest(task.trial));
    this.failures = inputs
      .filter((task) => task.failed)
      .map((task) => `${(task.input as Series).country}: ${task.failed?.message}`);
    if (this.choices.length === 0) throw new Error(`no country could be fitted: ${this.failures[0]}`);
    this.next(this.publish);
  }

  @step async publish() {
    const { drawChart } = await import('./chart.ts');
    const { forecastsCsv } = await import('./forecasts-csv.ts');
    const folder = await mkdtemp(path.join(tmpdir(), 'countries-'));
    await writeFile(
      path.join(folder, 'chart.svg'),
      await drawChart(this.choices, indicatorTitles[this.indicator]),
    );
    await writeFile(path.join(folder, 'forecasts.csv'), forecastsCsv(this.choices));
    this.chart = file(path.join(folder, 'chart.svg'));
    this.forecasts = file(path.join(folder, 'forecasts.csv'));
    this.next(this.end);
  }

  @step async end() {
    const { formatSummary } = await import('./summary.ts');
    console.log(formatSummary(this.choices));
    for (const failure of this.failures) console.log('failed:', failure);
    console.log(`\nThe chart:     npx leat get ${current.flow}/${current.run}/end.chart > chart.svg`);
    console.log(`The forecasts: npx leat get ${current.flow}/${current.run}/end.forecasts > forecasts.csv`);
  }
}
