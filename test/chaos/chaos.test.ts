/** `npm run chaos` for less than a minute: enough to see what dies most often. The minutes are for before a release. */
import { describe, expect, it } from 'vitest';
import { chaos, type ChaosOptions, type ChaosReport } from './chaos.ts';

const options: ChaosOptions = {
  minutes: 0.5,
  tasks: 1500,
  // Another one each day; what fails says which it was.
  seed: Math.floor(Date.now() / 86_400_000),
  metadata: 'sqlite',
  isolation: 'mixed',
  everyMs: 700,
  pauses: false,
  keep: false,
  say: () => undefined,
};

/** What must never be found, with the lines of what was done before, for whoever has to find out why. */
async function findings(more: Partial<ChaosOptions>): Promise<Partial<ChaosReport>> {
  const lines: string[] = [];
  const report = await chaos({ ...options, ...more, say: (line) => lines.push(line) });
  const { lost, doubled, leftovers, surprises, recoveries, tasks } = report;
  const wrong = [lost, doubled, leftovers, surprises].some((found) => found.length > 0);
  if (wrong) console.error([`seed ${options.seed}`, ...lines].join('\n'));
  expect(tasks).toBeGreaterThanOrEqual(options.tasks);
  expect(recoveries).toBeGreaterThan(0);
  return { lost, doubled, leftovers, surprises };
}

const nothing = { lost: [], doubled: [], leftovers: [], surprises: [] };

describe('chaos, briefly', () => {
  it('loses, doubles and leaves nothing', async () => {
    expect(await findings({})).toEqual(nothing);
  });

  it('loses, doubles and leaves nothing while PostgreSQL crashes under it, too', async () => {
    expect(await findings({ metadata: 'postgres', minutes: 0.4 })).toEqual(nothing);
  });
});
