import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../metadata/events.ts';
import { schedulingPolicy } from './policy/scheduling-policy.ts';
import { flowOf, noRetry, type RandomFlow } from './fixtures/flow-of.fixture.ts';
import { recoverState } from './recover-state.ts';
import { makeWorld } from './fixtures/simulation.fixture.ts';

const blocks = [
  { kind: 'foreach', name: 'wide', body: [{ kind: 'step', name: 'work' }], join: 'join' },
] as const;

/** Items of which at most `chunk` share a process: a change of that is a change of the policy. */
const sharing = (chunk: number | undefined): RandomFlow =>
  flowOf({
    blocks,
    steps: { work: { retry: { ...noRetry, times: 1 }, isolation: 'reuse', ...(chunk && { chunk }) } },
    items: 60,
  });

async function logOf(flow: RandomFlow): Promise<readonly RunEvent[]> {
  const world = makeWorld({ flow, durationMs: () => 1000, layer: { startMs: [0, 0] } });
  await world.finish(await world.start());
  return world.metadata.log;
}

async function fold({ plan }: RandomFlow, log: readonly RunEvent[]): Promise<string | undefined> {
  const events = async function* (): AsyncGenerator<{ readonly event: RunEvent }> {
    for (const event of log) yield { event };
  };
  return (await recoverState({ run: '1', plan }, events())).ended;
}

describe('the fold of a log', () => {
  test('says by which policy it was written, and is refused where that is another', async () => {
    const flow = sharing(8);
    const log = await logOf(flow);
    expect(log[0]).toMatchObject({ type: 'engine-started', policy: schedulingPolicy });
    await expect(fold(flow, log)).resolves.toBe('succeeded');
    const other = [{ ...log[0]!, policy: schedulingPolicy + 1 } as RunEvent, ...log.slice(1)];
    await expect(fold(flow, other)).rejects.toMatchObject({
      code: 'METADATA_SCHEMA',
      message: `'RandomFlow/1' was driven by a version of Leat with scheduling policy ${schedulingPolicy + 1}, this one has policy ${schedulingPolicy}`,
      hint: expect.stringContaining('leat resume RandomFlow/1') as string,
    });
  });

  test('takes a log without a policy for one of policy 1', async () => {
    const flow = sharing(8);
    const [{ policy: _, ...first }, ...rest] = (await logOf(flow)) as [
      Extract<RunEvent, { type: 'engine-started' }>,
      ...RunEvent[],
    ];
    await expect(fold(flow, [first, ...rest])).rejects.toMatchObject({
      code: 'METADATA_SCHEMA',
      message: expect.stringContaining('with scheduling policy 1, this one') as string,
    });
  });

  test.for([
    ['other chunks', 8, 7],
    ['chunks, now alone', 8, 1],
    ['alone, now chunks', 1, 8],
    ['chunks of another size that is measured', 8, undefined],
  ] as const)('never goes on from hand-overs that it would not make: %s', async ([, wrote, folds]) => {
    const log = await logOf(sharing(wrote));
    await expect(fold(sharing(folds), log)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('does not take the result of a place that is none of its chunk’s', async () => {
    const flow = sharing(8);
    const log = await logOf(flow);
    const at = log.findIndex(({ type }) => type === 'chunk-succeeded');
    const strange = log.with(at, {
      ...(log[at] as Extract<RunEvent, { type: 'chunk-succeeded' }>),
      places: [1000],
    });
    await expect(fold(flow, strange.slice(0, at + 1))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining("'work[1000]' is no member") as string,
    });
  });
});
