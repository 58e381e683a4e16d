import { describe, expect, it } from 'vitest';
import { sweepOwner } from './sweep.ts';

/** An engine with containers, of which each refuses to be removed so many times. */
function engine(refusals: Readonly<Record<string, number>>) {
  const left = new Map(Object.entries(refusals));
  let lists = 0;
  return {
    left,
    lists: () => lists,
    list: async (label: string) => {
      lists += 1;
      expect(label).toBe('leat.engine=me');
      return [...left.keys()].map((Id) => ({ Id, Labels: {} }));
    },
    kill: async () => {
      throw new Error('it does not run');
    },
    remove: async (id: string) => {
      const refused = left.get(id) ?? 0;
      if (refused === 0) left.delete(id);
      else {
        left.set(id, refused - 1);
        throw new Error('device or resource busy');
      }
    },
  };
}

describe('what an engine of Leat has left', () => {
  it('is one look when that is nothing', async () => {
    const none = engine({});
    expect(await sweepOwner(none, 'me', { looks: 1, rounds: 3 })).toBe(true);
    expect(none.lists()).toBe(1);
  });

  it('is removed, again where the container engine refused it, which keeps none of the others', async () => {
    const some = engine({ a: 1, b: 0 });
    expect(await sweepOwner(some, 'me', { looks: 1, rounds: 3 })).toBe(true);
    expect(some.lists()).toBe(3);
  });

  it('is told of when it cannot be removed', async () => {
    const stuck = engine({ a: 100, b: 0 });
    expect(await sweepOwner(stuck, 'me', { looks: 1, rounds: 2 })).toBe(false);
    expect([...stuck.left.keys()]).toEqual(['a']);
  });
});
