import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Datastore, openDatastore } from 'leat/datastore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awsError, VirtualTiming } from '../simulated-batch.fixture.ts';
import { type JobTry, mayBeCut, type OutputFacts, outputOf, triesOf } from './job-output.ts';

const token = 'a'.repeat(32);
let folder = '';
let store: Datastore;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-output-'));
  store = await openDatastore(pathToFileURL(folder).href);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** What the agent of a try has stored: as `leat/agent` writes it. */
async function stored(which: number, text: string): Promise<void> {
  const frame = `${which} o - ${Buffer.byteLength(text)}\n${text}`;
  await store.put(`jobs/${token}/log/00000000${which}-abcdef-${which}.000000`, [Buffer.from(frame)]);
}

async function ended(which: number, pieces: number, more: object = {}): Promise<void> {
  const status = { state: 'failed', reason: 'exit', message: '', exitCode: 1, endedAt: 2 };
  const record = {
    version: 1,
    execution: `00000000${which}-abcdef-${which}`,
    try: `${which}`,
    status,
    printed: { pieces, lost: 0 },
    ...more,
  };
  await store.put(`jobs/${token}/end`, [Buffer.from(`${JSON.stringify(record)}\n`)]);
}

/** What CloudWatch has: by stream, and each time that it is looked at. */
type Shown = Readonly<Record<string, readonly (readonly string[])[]>>;

async function read(
  shown: Shown,
  over: Partial<OutputFacts> = {},
): Promise<{ text: string; pages: readonly string[]; steps: readonly string[] }> {
  const pages: string[] = [];
  const tries = Object.keys(shown).map((stream): JobTry => ({ stream, stoppedAt: Date.now() }));
  const facts: OutputFacts = {
    store,
    signal: new AbortController().signal,
    isOver: () => true,
    mayBeCut: () => true,
    tries: async () => tries,
    page: async (stream, position) => {
      pages.push(stream);
      const at = Number(position ?? 0);
      const lines = shown[stream]?.[at];
      return { lines: lines ?? [], next: String(lines === undefined ? at : at + 1) };
    },
    timing: new VirtualTiming(),
    ...over,
  };
  const steps: string[] = [];
  let text = '';
  for await (const { bytes, pace } of outputOf(token, facts)) {
    const printed = Buffer.from(bytes).toString();
    steps.push(pace ?? printed.trim());
    text += printed;
  }
  return { text, pages, steps };
}

describe('the output of a job', () => {
  it('is completed where its container was killed', async () => {
    await stored(1, 'a\nb\n');
    expect((await read({ one: [['a', 'b'], ['c']] })).text).toBe('a\nb\nc\n');
  });

  it('is whole where its agent has left a record, and CloudWatch is not asked', async () => {
    await stored(1, 'a\nb\n');
    await ended(1, 1);
    expect(await read({ one: [['a', 'b', 'leat: bye']] })).toMatchObject({ text: 'a\nb\n', pages: [] });
    expect(await read({ one: [['a']] }, { mayBeCut: () => false })).toMatchObject({
      text: 'a\nb\n',
      pages: [],
    });
  });

  it('is that of CloudWatch where nothing was stored', async () => {
    expect((await read({ one: [['leat: the link is refused']] })).text).toBe('leat: the link is refused\n');
  });

  it('is completed for each try of Batch before the output of the next', async () => {
    await stored(1, 'one a\n');
    await stored(3, 'three a\n');
    const { text } = await read({
      one: [['one a', 'one b']],
      two: [['two a']],
      three: [['three a', 'three b']],
    });
    expect(text).toBe('one a\none b\ntwo a\nthree a\nthree b\n');
  });

  it('says when it gets slow, and when it is live again', async () => {
    await stored(1, 'one a\n');
    await stored(2, 'two a\n');
    const { steps } = await read({ one: [['one a', 'one b']], two: [['two a', 'two b']] });
    expect(steps).toEqual(['one a', 'late', 'one b', 'live', 'two a', 'late', 'two b']);
  });

  it('is completed for a try that Spot took, though the last one was whole', async () => {
    await stored(1, 'one a\n');
    await stored(2, 'two a\n');
    await ended(2, 1);
    const shown = { one: [['one a', 'one b']], two: [['two a', 'two b']] };
    expect((await read(shown)).text).toBe('one a\none b\ntwo a\n');
    expect((await read(shown, { mayBeCut: () => false })).text).toBe('one a\none b\ntwo a\n');
  });

  it('is completed for a try that died after one that was told to stop', async () => {
    await stored(1, 'one a\n');
    await ended(1, 1, { stopped: { signal: 'SIGTERM', at: 1 } });
    expect((await read({ one: [['one a']], two: [['two a']] })).text).toBe('one a\ntwo a\n');
  });

  it('waits for what comes to CloudWatch after the death of the container, and not for ever', async () => {
    await stored(1, 'a\n');
    const timing = new VirtualTiming();
    const late: Shown = { one: [['a']] };
    const pages: (readonly string[])[] = [['a']];
    timing.passing = () => {
      if (pages.length === 1) pages.push(['b']);
    };
    const { text } = await read(late, {
      timing,
      page: async (_, position) => {
        const at = Number(position ?? 0);
        const lines = pages[at];
        return { lines: lines ?? [], next: String(lines === undefined ? at : at + 1) };
      },
    });
    expect(text).toBe('a\nb\n');
    expect(timing.now()).toBeLessThan(7000);
  });

  it('does not wait where the job ended long ago', async () => {
    await stored(1, 'a\n');
    const timing = new VirtualTiming();
    const tries = async () => [{ stream: 'one', stoppedAt: Date.now() - 3_600_000 }];
    expect((await read({ one: [['a', 'b']] }, { timing, tries })).text).toBe('a\nb\n');
    expect(timing.now()).toBe(0);
  });

  it.each([
    ['may not be read', awsError('AccessDeniedException', 400)],
    ['is not there', awsError('ResourceNotFoundException', 400)],
  ])('is what was stored when the stream %s', async (_, error) => {
    await stored(1, 'a\n');
    expect((await read({ one: [] }, { page: async () => Promise.reject(error) })).text).toBe('a\n');
  });
});

it('the tries of a job are those that Batch has counted, else the job itself', () => {
  const attempts = [
    { container: { logStreamName: 'one' }, stoppedAt: 5 },
    { container: {}, stoppedAt: 9 },
  ];
  expect(triesOf({ attempts, container: { logStreamName: 'two' } })).toEqual([
    { stream: 'one', stoppedAt: 5 },
    { stream: undefined, stoppedAt: 9 },
  ]);
  expect(triesOf({ container: { logStreamName: 'two' }, stoppedAt: 7 })).toEqual([
    { stream: 'two', stoppedAt: 7 },
  ]);
  expect(triesOf({})).toEqual([]);
});

it.each([
  ['a success', { state: 'succeeded', startedAt: 1, endedAt: 2 } as const, false],
  ['out of memory', { state: 'failed', reason: 'out-of-memory', message: '', endedAt: 2 } as const, true],
  ['a cancel', { state: 'failed', reason: 'cancelled', message: '', endedAt: 2 } as const, false],
  ['one that runs', { state: 'running', startedAt: 1 } as const, false],
])('what %s may have cut', (_, status, expected) => {
  expect(mayBeCut(status)).toBe(expected);
});
