import { describe, expect, it } from 'vitest';
import type { ContainerState } from './api.ts';
import { killUntilGone, removeUntilGone } from './kill.ts';

const state = (Running: boolean): ContainerState => ({
  Running,
  Status: Running ? 'running' : 'exited',
  ExitCode: 0,
  OOMKilled: false,
  Error: '',
});

/** Kills a container of an engine that says this of it, look by look; how often, and with what pauses. */
async function kills(
  looks: (look: number) => ContainerState | undefined | Error,
  { failing = false, over = (_rests: number): boolean => false } = {},
) {
  let killed = 0;
  let looked = 0;
  const rests: number[] = [];
  const end = new AbortController();
  const api = {
    kill: async () => {
      killed += 1;
      if (failing) throw new Error('the engine is busy');
    },
    inspect: async () => {
      looked += 1;
      const said = looks(looked);
      if (said instanceof Error) throw said;
      return said;
    },
  };
  await killUntilGone(api, 'c1', end.signal, async (ms) => {
    rests.push(ms);
    if (over(rests.length)) end.abort();
  });
  return { killed, rests };
}

it.each([
  ['does not run', state(false)],
  ['does not exist', undefined],
])('is done with one kill when the container %s', async (_, said) => {
  expect((await kills(() => said)).killed).toBe(1);
});

it('kills again while it runs, also when the engine answers with errors or not at all', async () => {
  const looks = (look: number) => [state(true), new Error('no answer'), state(true), state(false)][look - 1];
  expect((await kills(looks)).killed).toBe(4);
  expect((await kills(looks, { failing: true })).killed).toBe(4);
});

it('stops when its end is known', async () => {
  expect((await kills(() => state(true), { over: (rests) => rests === 3 })).killed).toBe(3);
});

it('waits ever longer, and not for ever', async () => {
  const { killed, rests } = await kills(() => state(true));
  expect(killed).toBe(20);
  expect(rests[0]).toBeLessThanOrEqual(250);
  expect(rests.at(-1)).toBeGreaterThan(20_000);
  expect(Math.max(...rests)).toBeLessThanOrEqual(30_000);
});

describe('the removal of a container', () => {
  /** How often it is tried with an engine that fails so many times, and is given up after so many rests. */
  const tries = async (failures: number, rests = 1000): Promise<number> => {
    let tried = 0;
    let rested = 0;
    const end = new AbortController();
    const api = {
      remove: async () => {
        tried += 1;
        if (tried <= failures) throw new Error('device or resource busy');
      },
    };
    await removeUntilGone(api, 'c1', end.signal, async () => {
      rested += 1;
      if (rested === rests) end.abort();
    });
    return tried;
  };

  it('is repeated until it has worked, however long the engine is away', async () => {
    expect(await tries(0)).toBe(1);
    expect(await tries(100)).toBe(101);
  });

  it('is left to others at the end', async () => {
    expect(await tries(100, 3)).toBe(3);
  });
});
