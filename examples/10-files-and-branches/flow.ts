import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Flow, current, file, step, type Inputs } from 'leat';
import type { Car } from './cars.ts';

/** Two branches run side by side; a join merges what they made, and a file is kept as an artifact. */
export default class FilesAndBranchesFlow extends Flow {
  declare cars: Car[];
  declare economy: Map<string, number>;
  declare power: Map<string, number>;
  declare report: ReturnType<typeof file>;

  @step async start() {
    const { loadCars } = await import('./cars.ts');
    this.cars = loadCars();
    this.next(this.measureEconomy, this.measurePower);
  }

  @step async measureEconomy() {
    const { meanByOrigin } = await import('./cars.ts');
    this.economy = meanByOrigin(this.cars, (car) => car.milesPerGallon);
    this.next(this.join);
  }

  @step async measurePower() {
    const { meanByOrigin } = await import('./cars.ts');
    this.power = meanByOrigin(this.cars, (car) => car.horsepower);
    this.next(this.join);
  }

  @step async join(inputs: Inputs<FilesAndBranchesFlow>) {
    this.merge(inputs); // `cars` is the same in both branches, `economy` and `power` come from one each
    const rows = [...this.economy].map(([origin, economy]) =>
      [origin, economy.toFixed(1), this.power.get(origin)?.toFixed(0)].join(','),
    );
    const reportPath = path.join(await mkdtemp(path.join(tmpdir(), 'cars-')), 'report.csv');
    await writeFile(reportPath, ['origin,miles_per_gallon,horsepower', ...rows, ''].join('\n'));
    this.report = file(reportPath);
    this.next(this.end);
  }

  @step end() {
    console.log(`${this.cars.length} cars from ${this.economy.size} origins. The report:`);
    console.log(`  npx leat get ${current.flow}/${current.run}/end.report`);
  }
}
