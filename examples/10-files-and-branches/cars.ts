/** Cars of 1970 to 1982, from the data package. */
import rows from 'vega-datasets/data/cars.json' with { type: 'json' };

export interface Car {
  readonly origin: string;
  readonly milesPerGallon: number;
  readonly horsepower: number;
}

/** The cars whose figures are all known. */
export function loadCars(): Car[] {
  return rows.flatMap(({ Origin: origin, Miles_per_Gallon: milesPerGallon, Horsepower: horsepower }) =>
    milesPerGallon !== null && horsepower !== null ? [{ origin, milesPerGallon, horsepower }] : [],
  );
}

/** The mean of one figure for each origin. */
export function meanByOrigin(cars: readonly Car[], figure: (car: Car) => number): Map<string, number> {
  const groups = Map.groupBy(cars, (car) => car.origin);
  return new Map(
    [...groups].map(([origin, group]) => [
      origin,
      group.reduce((sum, car) => sum + figure(car), 0) / group.length,
    ]),
  );
}
