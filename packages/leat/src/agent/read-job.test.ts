import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { WatchedDatastore } from '../datastore/watched-datastore.fixture.ts';
import { encodeEnd, type EndRecord } from './end-record.ts';
import { endKey, executionName, pieceKey } from './job-keys.ts';
import { encodeFrame } from './log-frames.ts';
import {
  hasPrinted,
  readEnd,
  readExecution,
  readOutput,
  type ReadOutputOptions,
  removeTraces,
} from './read-job.ts';

const job = 'b'.repeat(32);
const first = executionName(1_700_000_000_000, 'aaaaaa');
const second = executionName(1_800_000_000_000, '000000');

let store: WatchedDatastore;
beforeEach(() => {
  store = new WatchedDatastore();
});

const frames = (...texts: readonly string[]): readonly Uint8Array[] =>
  texts.flatMap((text) => encodeFrame({ at: 1, stream: 'stdout' }, [Buffer.from(text)]));

const piece = (execution: string, sequence: number, ...texts: readonly string[]): void =>
  store.putSync(pieceKey(job, execution, sequence), frames(...texts));

function end(
  part: Partial<EndRecord> & { readonly pieces?: number } = {},
  ...texts: readonly string[]
): void {
  const { pieces = 0, ...rest } = part;
  const record: EndRecord = {
    version: 1,
    execution: first,
    status: { state: 'succeeded', startedAt: 1, endedAt: 2 },
    printed: { pieces, lost: 0 },
    ...rest,
  };
  store.putSync(endKey(job), encodeEnd(record, frames(...texts)));
}

async function textOf(options: ReadOutputOptions = {}): Promise<string> {
  let text = '';
  for await (const { bytes } of readOutput(store, job, options)) text += Buffer.from(bytes).toString();
  return text;
}

const over = { isOver: () => true };

describe('readEnd', () => {
  it('gives the record, or nothing', async () => {
    expect(await readEnd(store, job)).toBeUndefined();
    end({ try: '2' });
    expect(await readEnd(store, job)).toMatchObject({ execution: first, try: '2' });
    expect(store.reads).toHaveLength(1);
  });
});

describe('hasPrinted', () => {
  it('tells whether there is a piece, of this execution or of one without a number', async () => {
    expect(await hasPrinted(store, job)).toBe(false);
    piece(executionName(1_700_000_000_000, 'aaaaaa', '1'), 0, 'a');
    expect(await hasPrinted(store, job)).toBe(true);
    expect([await hasPrinted(store, job, '1'), await hasPrinted(store, job, '2')]).toEqual([true, false]);
    piece(second, 0, 'b');
    expect(await hasPrinted(store, job, '2')).toBe(true);
  });
});

describe('readOutput', () => {
  it('reads one object of a small job', async () => {
    end({}, 'hello\n');
    expect(await textOf()).toBe('hello\n');
    expect(store.reads).toHaveLength(1);
  });

  it('reads pieces and the rest in order', async () => {
    piece(first, 0, 'a', 'b');
    piece(first, 1, 'c');
    end({ pieces: 2 }, 'd');
    expect(await textOf()).toBe('abcd');
    expect(await textOf(over)).toBe('abcd');
  });

  it('gives what there is of a job that died with its agent', async () => {
    piece(first, 0, 'a');
    piece(first, 1, 'b');
    expect(await textOf(over)).toBe('ab');
    expect(await textOf({ isOver: () => true })).toBe('ab');
  });

  it('gives all executions of a job that its platform started again', async () => {
    piece(first, 0, 'spot ');
    piece(second, 0, 'again ');
    end({ execution: second, try: '2', pieces: 1 }, 'done');
    expect(await textOf(over)).toBe('spot again done');
  });

  it('gives what an execution printed that was killed after one that had been told to stop', async () => {
    piece(first, 0, 'one ');
    const stopped = { signal: 'SIGTERM', at: 1 };
    end({
      pieces: 1,
      try: '1',
      stopped,
      status: { state: 'failed', reason: 'interrupted', message: '', endedAt: 1 },
    });
    piece(second, 0, 'two');
    expect(await textOf(over)).toBe('one two');
  });

  it("tells which execution, and which of the platform's tries, has printed it", async () => {
    const third = executionName(1_900_000_000_000, 'bbbbbb', '3');
    piece(first, 0, 'a');
    piece(third, 0, 'b');
    const told: unknown[] = [];
    for await (const { execution, try: which } of readOutput(store, job, over)) told.push([execution, which]);
    expect(told).toEqual([
      [first, undefined],
      [third, '3'],
    ]);
    expect(executionName(1_900_000_000_000, 'bbbbbb', '../3')).toBe(
      executionName(1_900_000_000_000, 'bbbbbb'),
    );
  });

  it('goes on behind the end of an execution until the platform says that the job is over', async () => {
    piece(first, 0, 'one ');
    end({ pieces: 1, status: { state: 'failed', reason: 'interrupted', message: '', endedAt: 1 } });
    let isOver = false;
    let text = '';
    for await (const { bytes } of readOutput(store, job, { isOver: () => isOver, lookMs: 1 })) {
      text += Buffer.from(bytes).toString();
      if (text === 'one ') {
        piece(second, 0, 'two ');
        end({ execution: second, try: '2', pieces: 1 }, 'three');
        isOver = true;
      }
    }
    expect(text).toBe('one two three');
  });

  it('stops when it is told', async () => {
    const stop = new AbortController();
    piece(first, 0, 'a', 'b');
    let text = '';
    for await (const { bytes } of readOutput(store, job, { signal: stop.signal })) {
      text += Buffer.from(bytes).toString();
      stop.abort();
    }
    expect(text).toBe('a');
  });

  it('gives each byte once and in order, however the job stores and whenever it is looked at', async () => {
    // Each step adds to the last piece, begins another one, or lets the reader look.
    const step = fc.constantFrom('add', 'begin', 'restart');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, isEnded) => {
        store = new WatchedDatastore();
        const written: string[] = [];
        const tail = { execution: first, sequence: 0, texts: [] as string[], tries: 1 };
        const act = (): boolean => {
          const next = steps.shift();
          if (next === undefined) {
            if (isEnded)
              end(
                {
                  execution: tail.execution,
                  try: `${tail.tries}`,
                  pieces: tail.texts.length > 0 ? tail.sequence + 1 : tail.sequence,
                },
                'E',
              );
            if (isEnded) written.push('E');
            return false;
          }
          if (next === 'restart') {
            tail.tries += 1;
            Object.assign(tail, {
              execution: executionName(1_700_000_000_000 + tail.tries, 'ffffff'),
              sequence: 0,
              texts: [],
            });
          }
          if (next === 'begin' && tail.texts.length > 0)
            Object.assign(tail, { sequence: tail.sequence + 1, texts: [] });
          const text = `${written.length},`;
          written.push(text);
          tail.texts.push(text);
          piece(tail.execution, tail.sequence, ...tail.texts);
          return true;
        };
        let going = act();
        let text = '';
        for await (const { bytes } of readOutput(store, job, { isOver: () => !going, lookMs: 1 })) {
          text += Buffer.from(bytes).toString();
          if (going) going = act();
        }
        expect(text).toBe(written.join(''));
      }),
      { numRuns: 100 },
    );
  });
});

describe('readExecution', () => {
  it('gives the pieces of one execution, in order', async () => {
    piece(second, 0, 'x');
    piece(first, 1, 'b');
    piece(first, 0, 'a');
    end({ pieces: 2 }, 'rest');
    let text = '';
    for await (const { bytes } of readExecution(store, job, first)) text += Buffer.from(bytes).toString();
    expect(text).toBe('ab');
  });
});

describe('removeTraces', () => {
  it.each(['with an end', 'with an end of a later try', 'without an end'])(
    'leaves nothing of a job %s',
    async (how) => {
      piece(first, 0, 'a');
      piece(first, 1, 'b');
      if (how !== 'without an end') end({ pieces: 2, try: how.includes('later') ? '2' : '1' });
      store.putSync('jobs/another/end', []);
      await removeTraces(store, job);
      expect([...store.objects.keys()]).toEqual(['jobs/another/end']);
      await removeTraces(store, job);
    },
  );
});
