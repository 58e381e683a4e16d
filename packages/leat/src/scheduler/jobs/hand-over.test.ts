import { VirtualClock } from '@leat/testing';
import { expect, test } from 'vitest';
import type { AttemptRequest, ComputeLayer } from '../../compute/compute-layer.ts';
import { LeatError } from '../../errors/index.ts';
import { handOver } from './hand-over.ts';

const requests = ['a', 'b', 'c'].map((token) => ({ token, name: `F/1/${token}@0` }) as AttemptRequest);
const broken = new LeatError('LAYER_FAILED', 'the connection broke');

type Call = readonly [call: 'submit' | 'find', tokens: string];

/** A platform that does what each step of a script says, and the calls that it got. */
function scriptedLayer(script: {
  readonly submits: readonly ((tokens: readonly string[]) => readonly string[] | undefined)[];
  readonly find?: (has: ReadonlySet<string>) => ReadonlySet<string>;
}) {
  const has = new Set<string>();
  const calls: Call[] = [];
  const steps = [...script.submits];
  const layer = {
    name: 'mill',
    submit: async (batch: readonly AttemptRequest[]) => {
      const tokens = batch.map(({ token }) => token);
      calls.push(['submit', tokens.join('')]);
      const taken = (steps.length > 1 ? steps.shift() : steps[0])?.(tokens);
      for (const token of taken ?? tokens) has.add(token);
      if (taken !== undefined) throw broken;
      return batch.map(({ token }) => ({ token, job: `job-${token}` }));
    },
    find: async (tokens: readonly string[]) => {
      calls.push(['find', tokens.join('')]);
      const found = script.find?.(has) ?? has;
      return new Map(tokens.filter((token) => found.has(token)).map((token) => [token, `job-${token}`]));
    },
  } as unknown as ComputeLayer;
  return { layer, calls };
}

async function handAll(layer: ComputeLayer, recalled: AbortController = new AbortController()) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const context = {
    clock,
    signal: new AbortController().signal,
    warn: (message: string) => void warnings.push(message),
    run: { flow: 'F', id: '1' } as never,
    requireLease: () => {},
  };
  const handed = await clock.run(handOver({ layer, context, recalled: recalled.signal }, requests));
  const told = handed.map((each) => ('job' in each ? each.job : `${each.token}: not`));
  return { told: told.toSorted(), warnings };
}

test('asks what got there before it sends again, and sends only the rest', async () => {
  const { layer, calls } = scriptedLayer({ submits: [() => ['a', 'b'], () => undefined] });
  await expect(handAll(layer)).resolves.toMatchObject({ told: ['job-a', 'job-b', 'job-c'] });
  expect(calls).toStrictEqual([
    ['submit', 'abc'],
    ['find', 'abc'],
    ['submit', 'c'],
  ]);
});

test('sends nothing again when all of it got there', async () => {
  const { layer, calls } = scriptedLayer({ submits: [(tokens) => tokens] });
  await expect(handAll(layer)).resolves.toMatchObject({ told: ['job-a', 'job-b', 'job-c'] });
  expect(calls.map(([call]) => call)).toStrictEqual(['submit', 'find']);
});

test('gives up what a layer will not take, and only after a last look', async () => {
  const { layer, calls } = scriptedLayer({ submits: [() => ['b'], () => []] });
  await expect(handAll(layer)).resolves.toMatchObject({ told: ['a: not', 'c: not', 'job-b'] });
  expect(calls.at(-1)?.[0]).toBe('find');
});

test('does not take what it cannot find out for a failure', async () => {
  const { layer } = scriptedLayer({
    submits: [() => ['a']],
    find: () => {
      throw broken;
    },
  });
  await expect(handAll(layer)).rejects.toBe(broken);
});

test('called off, it looks once more, and then says what may run', async () => {
  const recalled = new AbortController();
  const { layer, calls } = scriptedLayer({
    submits: [
      () => {
        recalled.abort();
        return ['a'];
      },
    ],
    find: () => {
      throw broken;
    },
  });
  const { told, warnings } = await handAll(layer, recalled);
  expect(told).toStrictEqual(['a: not', 'b: not', 'c: not']);
  expect(warnings.at(-1)).toMatch(
    /'mill' may have started 3 tasks that were called off: the connection broke/,
  );
  expect(calls.filter(([call]) => call === 'submit')).toHaveLength(1);
});
