/** The flow of a simulated run: a random graph whose steps have random decorators. */
import type { Random } from '@leat/testing';
import type { StepPlan } from '../../plan/plan.ts';
import { decideOtherwise } from '../fixtures/decide.fixture.ts';
import { flowOf, type RandomFlow } from '../fixtures/flow-of.fixture.ts';
import { predict } from '../fixtures/predict.fixture.ts';
import { randomBlocks } from '../fixtures/random-blocks.fixture.ts';

/** Of one run; many small runs find more than few large ones. */
const mostTasks = 200;

/** A flow, and the step of which some tasks never succeed. */
export function drawFlow(
  random: Random,
  { chunks, doomed }: { readonly chunks: boolean; readonly doomed: boolean },
): { readonly flow: RandomFlow; readonly doomed: string | undefined } {
  const draw = (bound: number): number => random.between(0, bound - 1);
  for (let budget = random.between(2, 14); ; budget -= 1) {
    const blocks = randomBlocks(draw, Math.max(1, budget));
    const bare = flowOf({ blocks });
    const steps = bare.plan.graph.steps.map(
      ({ name, next }) =>
        [
          name,
          drawStep(random, { chunks, cases: next.kind === 'switch' ? Object.keys(next.cases) : [] }),
        ] as const,
    );
    const flow = flowOf({ blocks, steps: Object.fromEntries(steps), items: random.chance(0.5) ? 60 : 6 });
    decideOtherwise(flow.plan, () => undefined);
    const { size } = predict(flow);
    if (size > mostTasks || (size < 8 && random.chance(0.7))) continue;
    return { flow, doomed: doomed ? steps[draw(steps.length)]![0] : undefined };
  }
}

function drawStep(
  random: Random,
  { chunks, cases }: { readonly chunks: boolean; readonly cases: readonly string[] },
): Partial<StepPlan> {
  const times = random.between(0, 3);
  const wait = random.chance(0.3) ? 0 : random.between(1, 60);
  const backoff = random.chance(0.5) ? 'constant' : 'exponential';
  const isProtected = times === 0 && random.chance(0.3);
  // Of a loop's two cases that is the way out.
  const choice = cases.at(-1);
  const step: Partial<StepPlan> = {
    layer: random.chance(0.8) ? 'simulated' : 'other',
    retry: {
      times,
      waitSeconds: wait,
      backoff,
      maxWaitSeconds: 120,
      ...(isProtected ? { protected: true } : {}),
    },
    ...(random.chance(0.5) ? { timeoutSeconds: 600 } : {}),
    ...(random.chance(0.3)
      ? { catchError: { var: 'failed', ...(choice === undefined ? {} : { case: choice }) } }
      : {}),
    ...(random.chance(0.2) ? { concurrency: random.between(1, 3) } : {}),
  };
  if (!chunks || random.chance(0.5)) return step;
  return {
    ...step,
    isolation: 'reuse',
    ...(random.chance(0.6) ? { chunk: random.between(2, 10) } : {}),
  };
}
