import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { StoredFile } from '../client/index.ts';
import { SampleHome, trainGraph } from '../client/sample-runs.fixture.ts';
import { fileKey } from '../datastore/files/file-key.ts';
import { writeItems } from '../datastore/items/write-items.ts';
import { textTerminal } from './output/terminal.fixture.ts';
import { runCli } from './run-cli.ts';

interface Said {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** What one command line prints. */
async function leat(...argv: string[]): Promise<Said> {
  const terminal = textTerminal();
  const exitCode = await runCli(argv, terminal);
  return { exitCode, out: terminal.out.text, err: terminal.err.text };
}

const commands = 'run resume recover check show list logs get dump diagnose diff code tag gc doctor'.split(
  ' ',
);

/** Commands of commands; what is in those of vendors is tested with the vendors' packages. */
const groups = ['configure', 'aws', 'batch'];

describe('help', () => {
  it('is what leat alone prints, with every command', async () => {
    const alone = await leat();
    expect(alone).toEqual(await leat('--help'));
    expect(alone).toMatchObject({ exitCode: 0, err: '' });
    const listed = alone.out.split('Commands:')[1]?.match(/^ {2}\w+/gm) ?? [];
    expect(listed.map((name) => name.trim())).toEqual([...commands, ...groups]);
    expect(alone.out).toMatch(/^ {2}run \[options\] <flow> /m);
  });

  it.each([...commands, 'configure show', 'configure validate'])(
    'of %s has its options, and examples that are commands',
    async (command) => {
      for (const flag of ['--help', '-h']) {
        const { exitCode, out, err } = await leat(...command.split(' '), flag);
        expect([exitCode, err]).toEqual([0, '']);
        expect(out).toMatch(/^ {2}-h, --help /m);
        expect(out).toMatch(new RegExp(`\\nExamples:\\n(  \\$ leat ${command}\\b.*\\n)+$`));
      }
    },
  );

  it('of run with a flow goes on with its parameters', async () => {
    const flow = new URL('../../../../examples/01-hello/flow.ts', import.meta.url).pathname;
    const home = mkdtempSync(join(tmpdir(), 'leat-help-'));
    onTestFinished(() => rmSync(home, { recursive: true }));
    const without = (await leat('run', '--help')).out;
    for (const words of [
      [flow, '--help'],
      ['-h', flow],
      [flow, '--name', 'ada', '--help'],
    ]) {
      const { exitCode, out } = await leat('run', ...words, '--home', home);
      expect(exitCode).toBe(0);
      expect(out.startsWith(without)).toBe(true);
      expect(out.slice(without.length)).toMatch(/^\nParameters of HelloFlow .*\n {2}--name <text> /);
    }
  });

  it('has a version', async () => {
    expect((await leat('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a wrong command line', () => {
  it.each([
    [['rnu'], "unknown command 'rnu'", 'Did you mean run?'],
    [['show', 'TrainFlow', '--jsno'], "unknown option '--jsno'", 'Did you mean --json?'],
    [['show'], "missing required argument 'what'", 'leat show --help'],
    [['show', 'a', 'b'], /too many arguments/, 'leat show --help'],
    [['gc', '--keep', 'two'], /'--keep <n>' argument 'two' is invalid. It must be a whole/, 'leat gc --help'],
    [['run'], 'leat run needs a flow file', 'leat run flow.ts'],
    [
      ['run', '--alpha', '1', 'train.ts', '--beta', '2'],
      "name the flow file first: '--alpha' may be a parameter of it",
      'leat run train.ts --alpha 1 --beta 2',
    ],
    [['run', '--alpha', '1'], /name the flow file first/, 'leat run flow.ts --alpha 1'],
    [['list', 'runz'], "leat list cannot list 'runz'", /flows \| runs/],
  ])('%j', async (argv, message, hint) => {
    const people = await leat(...argv);
    expect([people.exitCode, people.out]).toEqual([2, '']);
    expect(people.err).toMatch(/^error USAGE .*\n(.*\n)*? {2}fix: .*\n$/);
    const programs = await leat(...argv, '--json');
    expect([programs.exitCode, programs.err]).toEqual([2, '']);
    const { error } = JSON.parse(programs.out) as { readonly error: Record<string, unknown> };
    expect(error['code']).toBe('USAGE');
    const like = (text: string | RegExp): unknown =>
      typeof text === 'string' ? text : expect.stringMatching(text);
    expect(error['message']).toEqual(like(message));
    // `--json` may have been taken for a parameter of the flow.
    expect(String(error['hint']).replace(/ --json$/, '')).toEqual(like(hint));
  });
});

describe('reading', () => {
  let home: SampleHome;
  beforeEach(() => {
    home = new SampleHome();
  });
  afterEach(async () => home.dispose());

  const read = async (...argv: string[]): Promise<Said> => leat(...argv, '--home', home.folder);

  it('says as a JSON document what is not there', async () => {
    const { exitCode, out } = await read('show', 'TrainFlow/9', '--json');
    expect(exitCode).toBe(2);
    const { error } = JSON.parse(out) as { readonly error: Record<string, unknown> };
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('TrainFlow') });
  });

  it('tells of a file artifact what the file is', async () => {
    const bytes = Buffer.from('a,b\n1,2\n');
    const hash = createHash('sha256').update(bytes).digest('hex');
    await home.datastore.put(fileKey(hash), [bytes]);
    const report = new StoredFile(home.datastore, { name: 'out.csv', size: bytes.length, hash });
    const run = await home.run(trainGraph);
    const items = await writeItems(home.datastore, ['fi']);
    const outcome = { kind: 'foreach', items } as const;
    await run.succeed('start', { artifacts: { report, word: 'hello' }, outcome });

    const facts = await read('get', 'TrainFlow/1/start.report', '--facts');
    expect(facts.out).toBe(`file out.csv, 8 B, file/1, sha256 ${hash}\n`);
    const json = await read('get', 'TrainFlow/1/start.report', '--facts', '--json');
    expect(JSON.parse(json.out)).toEqual({
      name: 'report',
      type: 'file out.csv',
      codec: 'file/1',
      file: 'out.csv',
      size: 8,
      hash,
    });
    expect((await read('show', 'TrainFlow/1/start')).out).toMatch(
      new RegExp(`report +file out.csv +8 B +${hash.slice(0, 12)}`),
    );
    const word = JSON.parse((await read('get', 'TrainFlow/1/start.word', '--facts', '--json')).out) as object;
    expect(word).toMatchObject({ name: 'word', type: 'string' });
    expect(word).not.toHaveProperty('file');
  });

  it('names the way on for a run that nobody drives', async () => {
    const run = await home.run(trainGraph);
    expect((await read('show', 'TrainFlow/1')).out).not.toContain('leat recover');
    await (await home.metadata).releaseLease(run.lease);
    const { out } = await read('show', 'TrainFlow/1');
    expect(out).toMatch(/^TrainFlow\/1 abandoned /);
    expect(out).toContain('its engine is gone; go on where it stopped: leat recover TrainFlow/1');
  });
});
