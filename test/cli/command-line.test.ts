/** What the command line promises to people and programs, with a flow that really runs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from './leat.ts';
import { leatForAllTests } from './leat-for-tests.ts';

const flow = `
import { current, file, Flow, parameter, retry, step } from 'leat';
export default class TalkFlow extends Flow {
  name = parameter('world', { help: 'whom to greet' });
  declare report: unknown;
  declare loud: boolean;
  @retry({ times: 1, minutesBetweenRetries: 0 })
  @step start() {
    console.log('hello ' + this.name);
    if (this.name === 'twice' && current.attempt === 0) throw new Error('once more');
    this.report = file(['a,b', '1,2'], { name: 'out.csv' });
    this.loud = this.name === 'WORLD';
    this.next({ true: this.shout, false: this.end }, { by: this.loud });
  }
  @step shout() { this.next(this.end); }
  @step end() {}
}`;

// It can be asked, and takes nothing.
const layer = `
export const computeLayer = {
  name: 'far',
  contract: 1,
  parseOptions: (options) => options,
  open: async () => ({
    name: 'far', contract: 1,
    capabilities: { arrays: 0, gang: false, gpu: false, isolation: 'process', datastores: ['file'], window: 3 },
    check: async (steps) => steps.map(({ step, options, resources }) => ({ step, level: 'warning', message: step + ' on ' + resources.cpu.value + ' cores, ' + JSON.stringify(options) })),
    submit: async (batch) => batch.map(({ token }) => ({ token, refused: 'there is no room here' })),
    poll: async () => new Map(),
    find: async () => new Map(),
    cancel: async () => {},
    logs: async function* () {},
    diagnose: async () => ({ cause: 'unknown' }),
    close: async () => {},
  }),
};`;

type Line = Readonly<Record<string, unknown>>;

describe('leat', () => {
  let leat: Leat;
  leatForAllTests((own) => {
    leat = own;
    leat.write('flow.ts', flow);
    leat.write('layer.js', layer);
    mkdirSync(join(leat.folder, 'node_modules/@acme/layer'), { recursive: true });
    leat.write(
      'node_modules/@acme/layer/package.json',
      '{ "name": "@acme/layer", "exports": "./index.mjs" }',
    );
    leat.write('node_modules/@acme/layer/index.mjs', layer);
  });

  const lines = async (...args: string[]): Promise<Line[]> =>
    (await leat.call([...args, '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);

  it('run --json announces the run before anything of it, and ends with its result', async () => {
    const said = await lines('run', 'flow.ts');
    expect(said[0]).toMatchObject({ type: 'run-started', flow: 'TalkFlow' });
    expect(said[1]).toMatchObject({ type: 'engine-started' });
    expect(said.at(-1)).toMatchObject({ type: 'run-result', run: said[0]?.['run'], status: 'succeeded' });
    expect(said.filter(({ type }) => type === 'run-started')).toHaveLength(1);
  });

  it('run says first which run it is, then what its tasks print; a retry at once is not put off', async () => {
    const { stdout, stderr } = await leat.ok(['run', 'flow.ts', '--name', 'twice']);
    expect(stderr).toMatch(
      /^TalkFlow\/\d+ started\n↻ start@0 Error: once more \(flow.ts:\d+\); trying again\n/,
    );
    expect(stdout).toBe('[start] hello twice\n[start@1] hello twice\n');
  });

  it('a boolean chooses the case of a switch', async () => {
    await leat.ok(['run', 'flow.ts', '--name', 'WORLD']);
    expect((await leat.tasks('TalkFlow/latest')).map(({ task }) => task)).toContain('shout');
  });

  it('get --facts tells of a file what it is called and how large it is', async () => {
    await leat.ok(['run', 'flow.ts']);
    const { stdout } = await leat.ok(['get', 'TalkFlow/latest/start.report', '--facts']);
    expect(stdout).toMatch(/^file out\.csv, 6 B, file\/1, sha256 [0-9a-f]{64}\n$/);
  });

  it('run FLOW --help adds the parameters of the flow to the help', async () => {
    const { stdout } = await leat.ok(['run', 'flow.ts', '--help']);
    expect(stdout).toContain('-h, --help');
    expect(stdout).toContain('Examples:');
    expect(stdout).toMatch(/--name <text> +whom to greet \(default: "world"\)/);
  });

  it.each([
    [['--namespace', '*'], {}, '--namespace'],
    [['--namespace', 'global'], {}, '--namespace'],
    [[], { LEAT_NAMESPACE: '*' }, 'LEAT_NAMESPACE'],
  ])('a run belongs to one namespace: %j %j', async (args, env, where) => {
    for (const command of [['run', 'flow.ts'], ['resume']]) {
      const { exitCode, stderr } = await leat.call([...command, ...args], env);
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(new RegExp(`^error OPTION_INVALID a run belongs to one namespace.*${where}`));
    }
  });

  it.each(['./layer.js', '@acme/layer'])(
    '--with %s:cpu=2 sends steps to a layer of one’s own',
    async (name) => {
      const checked = await leat.ok(['check', 'flow.ts', '--with', `${name}:cpu=2,queue=spot`]);
      expect(checked.stderr).toContain('warning start on 2 cores, {"queue":"spot"}');
      const { exitCode, stderr } = await leat.call(['run', 'flow.ts', '--with', `${name}:cpu=2`]);
      expect(exitCode).toBe(1);
      expect(stderr).toContain('there is no room here');
    },
  );
});
