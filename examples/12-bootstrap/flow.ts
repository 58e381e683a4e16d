import { Flow, parameter, step, type Inputs } from 'leat';
import { loadCountries, type Country } from './countries.ts';
import { percentile } from './percentile.ts';
import { resample } from './resample.ts';
import { slopeOf } from './slope.ts';

/**
 * How sure is it that people live longer where women have fewer children? The slope is estimated again for thousands of random samples of
 * the countries: so many tiny tasks that they share processes, each with its own result, log and retry all the same.
 */
export default class BootstrapFlow extends Flow {
  resamples = parameter(10_000, { help: 'how many random samples' });
  year = parameter(2005, { choices: [1955, 1980, 2005] as const, help: 'year of the data' });

  declare countries: Country[];
  declare slope: number;
  declare interval: { low: number; high: number };

  @step start() {
    this.countries = loadCountries(this.year);
    this.slope = slopeOf(this.countries);
    this.next(this.estimate, { foreach: seeds(this.resamples) });
  }

  @step({ isolation: 'reuse' })
  estimate(seed: number) {
    this.slope = slopeOf(resample(this.countries, seed));
    this.next(this.summarise);
  }

  @step summarise(inputs: Inputs<BootstrapFlow>) {
    const slopes = Float64Array.from(inputs, (task) => task.slope).toSorted();
    this.interval = { low: percentile(slopes, 2.5), high: percentile(slopes, 97.5) };
    this.merge(inputs, { include: ['countries'] });
    this.next(this.end);
  }

  @step end() {
    const { low, high } = this.interval;
    const shown = [slopeOf(this.countries), low, high].map((slope) => slope.toFixed(2));
    console.log(
      `${this.year}, ${this.countries.length} countries: ${shown[0]} years of life for each child more,`,
    );
    console.log(`95 % of ${this.resamples} resamples between ${shown[1]} and ${shown[2]}`);
  }
}

function* seeds(count: number): Generator<number, void> {
  for (let seed = 0; seed < count; seed += 1) yield seed;
}
