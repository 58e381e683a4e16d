import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeapWatch } from './heap-watch.ts';

describe('HeapWatch', () => {
  const text = Buffer.from(
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
  );

  it('finds the message however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const watch = new HeapWatch();
        const borders = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        for (const [index, border] of borders.entries())
          watch.see(text.subarray(border, borders[index + 1] ?? text.length));
        expect(watch.found).toBe(true);
      }),
    );
  });

  it('finds nothing in other text', () => {
    const watch = new HeapWatch();
    watch.see(Buffer.from('the heap is out of '));
    watch.see(Buffer.from('memories'));
    expect(watch.found).toBe(false);
  });
});
