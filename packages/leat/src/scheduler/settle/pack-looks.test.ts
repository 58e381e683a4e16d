import { VirtualClock } from '@leat/testing';
import { describe, expect, test } from 'vitest';
import { PackLooks } from './pack-looks.ts';

/** Looks that take `tookMs` each and bring something when `isNews` says so. */
function watched({ tookMs = 0, isNews = (_at: number): boolean => false } = {}) {
  const clock = new VirtualClock();
  const began = clock.now();
  const at: number[] = [];
  let looking = 0;
  let most = 0;
  const faults: unknown[] = [];
  const looks = new PackLooks({ clock, fail: (error) => faults.push(error) }, async () => {
    looking += 1;
    most = Math.max(most, looking);
    at.push(clock.now() - began);
    await clock.pause(tookMs);
    looking -= 1;
    return isNews(at.length);
  });
  const pass = async (ms: number): Promise<void> => clock.run(clock.pause(ms));
  return { clock, looks, at, faults, pass, most: () => most };
}

describe('looks at a pack', () => {
  test('come less and less often while they bring nothing, and soon again when they do', async () => {
    const { at, pass, looks } = watched({ isNews: (count) => count === 4 });
    await pass(5000);
    expect(at).toEqual([250, 750, 1750, 3750, 4000, 4500]);
    await looks.end();
  });

  test('come at least every five seconds', async () => {
    const { at, pass, looks } = watched();
    await pass(60_000);
    const gaps = at.slice(1).map((each, index) => each - at[index]!);
    expect(Math.max(...gaps)).toBe(5000);
    await looks.end();
  });

  test('come soon when there is something to see, once however often that is said', async () => {
    const { at, pass, looks } = watched();
    await pass(2000);
    looks.hurry();
    looks.hurry();
    await pass(260);
    expect(at).toEqual([250, 750, 1750, 2250]);
    await looks.end();
  });

  test('never come two at a time, and never in two rows, whatever is said while one is under way', async () => {
    const { at, pass, looks, clock, most } = watched({ tookMs: 1000 });
    await pass(1300);
    for (let times = 0; times < 40; times += 1) {
      looks.hurry();
      await pass(100);
    }
    expect(most()).toBe(1);
    // Every 1250 ms: a look of a second, and the shortest wait.
    expect(at.length).toBeLessThanOrEqual(5);
    await clock.run(looks.end());
  });

  test('end with the one under way', async () => {
    const { at, pass, looks, clock } = watched({ tookMs: 1000 });
    await pass(300);
    const before = clock.now();
    await clock.run(looks.end());
    expect(clock.now() - before).toBe(950);
    looks.hurry();
    await pass(60_000);
    expect(at).toEqual([250]);
  });

  test('end with one that fails, and say so', async () => {
    const fault = new Error('the store is gone');
    const { at, faults, pass } = watched({
      isNews: () => {
        throw fault;
      },
    });
    await pass(60_000);
    expect(at).toEqual([250]);
    expect(faults).toEqual([fault]);
  });
});
