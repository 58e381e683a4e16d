import fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyFifo, peek, push, shift, size } from './fifo.ts';

test('is first in, first out, whatever the order of calls', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.constantFrom(1, 50), (calls, times) => {
      const fifo = emptyFifo<number>();
      const model: number[] = [];
      for (const [index, adds] of calls.entries()) {
        for (let time = 0; time < times; time += 1) {
          if (adds) {
            push(fifo, index * times + time);
            model.push(index * times + time);
          } else expect(shift(fifo)).toBe(model.shift());
        }
        expect(size(fifo)).toBe(model.length);
        expect(peek(fifo)).toBe(model[0]);
      }
    }),
  );
});

test('gives back what was read', () => {
  const fifo = emptyFifo<number>();
  for (let index = 0; index < 100_000; index += 1) push(fifo, index);
  for (let index = 0; index < 90_000; index += 1) expect(shift(fifo)).toBe(index);
  expect(fifo.items.length).toBeLessThan(25_000);
});
