import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupAttempts } from './arrays.ts';
import { requestOf, resourcesOf } from './requests.fixture.ts';

const many = (count: number, over: Parameters<typeof requestOf>[0] = {}) =>
  Array.from({ length: count }, () => requestOf(over));

test('attempts of one shape are one array; another shape is another', () => {
  const groups = groupAttempts([
    ...many(3),
    ...many(2, { resources: resourcesOf({ memory: 8000 }) }),
    ...many(1),
  ]);
  expect(groups.map(({ requests }) => requests.length)).toEqual([4, 2]);
});

test('a time limit, and for chunks the number of members, part groups: Batch has one limit for an array', () => {
  const limited = many(1, { timeoutSeconds: 60 });
  const chunk = (members: number) => ({
    timeoutSeconds: 60,
    chunk: { pack: 'p', members: Array.from({ length: members }, () => ({})) },
  });
  expect(groupAttempts([...many(1), ...limited, ...many(2, chunk(10)), ...many(1, chunk(3))])).toHaveLength(
    4,
  );
});

test('the largest array has 10,000', () => {
  const [request] = many(1);
  if (request === undefined) throw new Error('none');
  const all = Array.from({ length: 20_001 }, (_, at) => ({ ...request, token: `t${at}` }));
  expect(groupAttempts(all).map(({ requests }) => requests.length)).toEqual([10_000, 10_000, 1]);
});

test('whatever is grouped: nothing is lost, doubled or reordered, and the same attempts get the same names', () => {
  const some = fc.array(
    fc.record({ memory: fc.constantFrom(1000, 2000), size: fc.integer({ min: 1, max: 5 }) }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(some, fc.integer({ min: 2, max: 7 }), (parts, most) => {
      const requests = parts.flatMap(({ memory, size }) =>
        many(size, { resources: resourcesOf({ memory }) }),
      );
      const groups = groupAttempts(requests, most);
      expect(groups.flatMap((group) => group.requests.map(({ token }) => token)).toSorted()).toEqual(
        requests.map(({ token }) => token).toSorted(),
      );
      for (const { requests: own } of groups) {
        expect(own.length).toBeLessThanOrEqual(most);
        expect(own).toEqual(requests.filter((request) => own.includes(request)));
      }
      expect(groupAttempts(requests, most).map(({ name }) => name)).toEqual(groups.map(({ name }) => name));
      expect(new Set(groups.map(({ name }) => name)).size).toBe(groups.length);
    }),
    { numRuns: 50 },
  );
});

test('names are what Batch takes, whatever the flow is called', () => {
  const { spec } = requestOf();
  const long = requestOf({ spec: { ...spec, flow: `$Flüge_${'x'.repeat(200)}` } });
  const [group] = groupAttempts([long]);
  expect(group?.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/);
});
