import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleHome, trainGraph } from '../../client/sample-runs.fixture.ts';
import { textTerminal } from '../output/terminal.fixture.ts';
import { list } from './list.ts';
import type { ListCommand } from './list-command.ts';

const wide = 2_500;
let home: SampleHome;

beforeAll(async () => {
  home = new SampleHome();
  const run = await home.run(trainGraph);
  const group = { step: 'train', path: [], iteration: 0 };
  const places = Array.from({ length: wide }, (_, place) => place);
  await run.append(
    {
      type: 'chunk-submitted',
      at: 1,
      group,
      places: [0, wide],
      attempt: 0,
      layer: 'local',
      token: 't',
      pack: 'p.pack',
    },
    {
      type: 'chunk-succeeded',
      at: 9,
      token: 't',
      outcome: { kind: 'linear' },
      places,
      offsets: places,
      lengths: places,
      startedAt: places,
      endedAt: places,
    },
  );
  await run.end('succeeded');
});

afterAll(async () => home.dispose());

async function listed(
  options: ListCommand['options'] = {},
): Promise<{ readonly out: string; readonly err: string }> {
  const terminal = textTerminal();
  const all = { home: home.folder, namespace: '*', ...options };
  await list({ terminal, what: 'tasks', of: 'TrainFlow/1', options: all });
  return { out: terminal.out.text, err: terminal.err.text };
}

const tasksIn = (text: string): string[] => [...text.matchAll(/train\[\d+\]/g)].map(([task]) => task);

describe('a list of many tasks', () => {
  it('shows a person the first thousand, and says how to see the others', async () => {
    const { out, err } = await listed();
    expect(out.split('\n')).toHaveLength(1_002);
    expect([tasksIn(out).at(0), tasksIn(out).at(-1)]).toEqual(['train[0]', 'train[999]']);
    expect(err).toBe(
      "the first 1,000 tasks; the next: --after 'train[999]', more of them: --limit N, all: --json\n",
    );
  });

  it('goes on after a task, and says nothing more at the end', async () => {
    for (const after of ['train[1999]', 'TrainFlow/1/train[1999]']) {
      const { out, err } = await listed({ after });
      expect([tasksIn(out).length, tasksIn(out)[0], err]).toEqual([500, 'train[2000]', '']);
    }
    expect(await listed({ after: 'train[2499]' })).toEqual({
      out: '',
      err: 'TrainFlow/1 has no such task\n',
    });
    await expect(listed({ after: 'train[' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  it('shows as many as asked, under one title', async () => {
    const { out, err } = await listed({ limit: 2_100 });
    expect([tasksIn(out).length, out.match(/attempts/g)?.length, err]).toEqual([2_100, 1, '']);
  });

  it('gives a program all of them as one document', async () => {
    const rows = JSON.parse((await listed({ json: true })).out) as { task: string }[];
    expect(rows.map(({ task }) => task)).toEqual(
      Array.from({ length: wide }, (_, place) => `train[${place}]`),
    );
    expect((await listed({ json: true, status: 'failed' })).out).toBe('[]\n');
  });
});
