import { expect, it } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { planOf } from './plan.fixture.ts';

it('shows what was asked for and by whom, and no empty column', () => {
  const plan = planOf(
    {
      resources: { memory: 8000, gpu: 1 },
      retry: { times: 2, minutesBetweenRetries: 1.5, backoff: 'exponential' },
      timeout: { minutes: 90 },
    },
    ['batch:cpu=8,queue=spot'],
  );
  expect(`\n${describePlan(plan)}`).toBe(`
step   layer  cpu         memory                gpu             retry                          timeout
start  batch  8 (--with)  –                     –               –                              –
work   batch  8 (--with)  8000 MB (@resources)  1 (@resources)  2× after 1 min 30 s, doubling  1 h 30 min
end    batch  8 (--with)  –                     –               –                              –`);
  expect(describePlan(planOf({}))).toBe('step   layer\nstart  local\nwork   local\nend    local');
});

it('shows how tasks share processes, and how many run at once', () => {
  expect(describePlan(planOf({ chunk: 100, concurrency: 3 }))).toBe(
    'step   layer  process    concurrency\nstart  local  –          –\nwork   local  100 tasks  3 at once\nend    local  –          –',
  );
  expect(planOf({ chunk: 100 }).steps['work']).toMatchObject({ isolation: 'reuse', chunk: 100 });
  expect(planOf({ isolation: 'process' }).steps['work']).not.toHaveProperty('isolation');
});

it('names what the profile gives, once a layer', () => {
  const plan = planOf({}, ['batch'], undefined, { batch: { queue: 'leat', memory: 4000, spotRetries: 3 } });
  expect(`\n${describePlan(plan)}`).toBe(`
step   layer  memory
start  batch  4000 MB (profile)
work   batch  4000 MB (profile)
end    batch  4000 MB (profile)
batch: queue=leat, spotRetries=3 (profile)`);
});
