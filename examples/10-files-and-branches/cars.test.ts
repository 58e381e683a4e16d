import { expect, test } from 'vitest';
import { loadCars, meanByOrigin } from './cars.ts';

test('only cars whose figures are known', () => {
  const cars = loadCars();
  expect(cars).toHaveLength(392);
  expect(cars.every((car) => car.milesPerGallon > 0 && car.horsepower > 0)).toBe(true);
});

test('the mean of each origin', () => {
  const cars = [
    { origin: 'Japan', milesPerGallon: 30, horsepower: 70 },
    { origin: 'USA', milesPerGallon: 15, horsepower: 150 },
    { origin: 'Japan', milesPerGallon: 34, horsepower: 80 },
  ];
  expect(meanByOrigin(cars, (car) => car.milesPerGallon)).toEqual(
    new Map([
      ['Japan', 32],
      ['USA', 15],
    ]),
  );
});
