/** What `@resources` and `@environment` do on this machine, and how it is said, seen from the command line. */
import { describe, expect, it } from 'vitest';

import type { Leat } from '../cli/leat.ts';
import { leatForAllTests } from '../cli/leat-for-tests.ts';

const flow = `
import { environment, Flow, local, resources, retry, step, type Inputs } from 'leat';
const take = async (flow: PackFlow) => {
  const from = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 250));
  flow.span = [from, Date.now()];
  flow.colour = process.env.COLOUR ?? 'unset';
};
export default class PackFlow extends Flow {
  declare span: [number, number];
  declare colour: string;
  declare seen: unknown;
  @step start() { this.next(this.small, this.whole, this.huge); }
  @step async small() { await take(this); this.next(this.join); }
  @resources({ cpu: 4 }) @environment({ vars: { COLOUR: 'blue' } })
  @step async whole() { await take(this); this.next(this.join); }
  @resources({ cpu: 64, memory: 100 })
  @step async huge() { await take(this); this.next(this.join); }
  @local @retry({ times: 0 })
  @step join(inputs: Inputs<PackFlow>) {
    this.seen = { spans: inputs.map(({ span }) => span), colours: inputs.map(({ colour }) => colour) };
    this.next(this.end);
  }
  @step end() {}
}`;

interface Seen {
  readonly spans: readonly (readonly [number, number])[];
  readonly colours: readonly string[];
}

describe('resources on this machine', () => {
  let leat: Leat;
  leatForAllTests(
    (own) => {
      leat = own;
      leat.write('flow.ts', flow);
    },
    { LEAT_LOCAL_CPU: '4', LEAT_LOCAL_MEMORY: '4000' },
  );

  it('tasks that together ask for more than the machine never overlap; a larger one runs alone, with a warning', async () => {
    const { stderr } = await leat.ok(['run', 'flow.ts', '--max-workers', '8']);
    expect(stderr).toMatch(/warning step 'huge' asks for 64 cores of 4: .*alone/);
    expect(stderr).not.toMatch(/warning step '(?:start|small|whole|join|end)'/);
    const { spans, colours } = await leat.json<Seen>('get', 'PackFlow/latest/join.seen');
    const inTime = spans.toSorted(([a], [b]) => a - b);
    for (const [i, [from]] of inTime.entries()) expect(from).toBeGreaterThanOrEqual(inTime[i - 1]?.[1] ?? 0);
    expect(colours).toEqual(['unset', 'blue', 'unset']);
  });

  it('says what each step gets, and where each value came from', async () => {
    const { stdout } = await leat.ok([
      'check',
      'flow.ts',
      '--with',
      'resources:memory=500',
      '--with',
      'retry:times=2',
    ]);
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
    const row = (step: string): readonly string[] | undefined => rows.find(([name]) => name === step);
    expect(row('small')).toEqual(['small', 'local', '–', '500 MB (--with)', '2×']);
    expect(row('whole')).toEqual(['whole', 'local', '4 (@resources)', '–', '2×']);
    expect(row('huge')).toEqual(['huge', 'local', '64 (@resources)', '100 MB (@resources)', '2×']);
    expect(row('join')).toEqual(['join', 'local', '–', '500 MB (--with)', '–']);
  });
});
