import { describe, expect, it, vi } from 'vitest';
import { LeatError } from '../../errors/index.ts';
import type { RunHandle, RunResult } from '../../run/index.ts';
import { type TextTerminal, textTerminal } from '../output/terminal.fixture.ts';
import { followRun, makeReporter } from './follow-run.ts';

const run = { flow: 'TrainFlow', id: '417', createdAt: 0, endedAt: 1000 } as RunResult['run'];
const warnings = [
  { step: 'train', level: 'warning', message: 'it runs alone', hint: 'ask for less' },
] as const;
const announced = { run, address: 'TrainFlow/417', warnings };
const ended = (status: RunResult['status']): RunResult => ({
  run,
  status,
  summary: { steps: [], inFlight: 0 },
  failures: [],
});

interface Followed {
  readonly terminal: TextTerminal;
  readonly exitCode: Promise<number>;
}

/** Follows a run that comes to this, with a line of a task on the way. */
function follow(result: Promise<RunResult>, { json = false, recovered = false } = {}): Followed {
  const terminal = textTerminal();
  const reporter = makeReporter(terminal, json);
  const start = async (): Promise<RunHandle> => {
    reporter.note?.('fetching node:26');
    reporter.started(announced, recovered);
    reporter.line?.({ task: 'train[3]', attempt: 0, stream: 'stdout', text: 'loss 0.2' });
    return { ...announced, outliving: [], cancel: () => {}, detach: () => {}, result };
  };
  return { terminal, exitCode: followRun({ reporter, start }) };
}

describe('followRun', () => {
  it('says which run it is, what is otherwise than asked, what its tasks print, and how it ended', async () => {
    const { terminal, exitCode } = follow(Promise.resolve(ended('succeeded')));
    expect(await exitCode).toBe(0);
    expect(terminal.out.text).toBe('[train[3]] loss 0.2\n');
    expect(terminal.err.lines).toEqual([
      'fetching node:26',
      'TrainFlow/417 started',
      'warning it runs alone',
      '  ask for less',
      '✓ TrainFlow/417 succeeded in 1.0s: 0 tasks',
    ]);
  });

  it('says the same to programs, a JSON object a line', async () => {
    const { terminal, exitCode } = follow(Promise.resolve(ended('failed')), { json: true, recovered: true });
    expect(await exitCode).toBe(1);
    expect(terminal.out.json).toEqual([
      { type: 'note', message: 'fetching node:26' },
      { type: 'run-started', run: 'TrainFlow/417', flow: 'TrainFlow', id: '417', recovered: true },
      { type: 'warning', message: 'it runs alone' },
      { type: 'log', task: 'train[3]', attempt: 0, stream: 'stdout', text: 'loss 0.2' },
      { type: 'run-result', run: 'TrainFlow/417', status: 'failed', failures: [] },
    ]);
    expect(terminal.err.text).toBe('');
  });

  it('says that a recovered run goes on', async () => {
    const { terminal, exitCode } = follow(Promise.resolve(ended('cancelled')), { recovered: true });
    expect(await exitCode).toBe(1);
    expect(terminal.err.lines[1]).toBe('TrainFlow/417 goes on');
  });

  it('says how to go on when the engine cannot, unless another one does', async () => {
    const full = follow(Promise.reject(new LeatError('STORE_UNAVAILABLE', 'the disk is full')));
    await expect(full.exitCode).rejects.toThrow('the disk is full');
    expect(full.terminal.err.lines.at(-1)).toMatch(
      /^TrainFlow\/417 stopped; .* leat recover TrainFlow\/417$/,
    );
    const lost = follow(Promise.reject(new LeatError('LEASE_LOST', 'another engine')));
    await expect(lost.exitCode).rejects.toThrow('another engine');
    expect(lost.terminal.err.text).not.toContain('recover');
  });
});

/** A run that ends when it is cancelled; the calls say how. */
function cancellable(outliving: readonly string[] = []) {
  const { promise: result, resolve: end } = Promise.withResolvers<RunResult>();
  const cancel = vi.fn(() => end(ended('cancelled')));
  const detach = vi.fn(() => end(ended('detached')));
  const handle: RunHandle = { ...announced, outliving, cancel, detach, result };
  return { handle, cancel, detach };
}

describe('a signal', () => {
  it('that comes when the run exists and its engine still starts ends the run, and not only the process', async () => {
    const { handle, cancel } = cancellable();
    const code = followRun({
      reporter: makeReporter(textTerminal(), true),
      start: async (exists) => {
        exists();
        expect(process.emit('SIGTERM', 'SIGTERM')).toBe(true);
        return handle;
      },
    });
    await expect(code).resolves.toBe(143);
    expect(cancel.mock.calls).toEqual([['SIGTERM', false]]);
  });

  it('that comes before the run exists is nobody’s here: there is nothing to end', async () => {
    const before = process.listenerCount('SIGTERM');
    const refused = followRun({
      reporter: makeReporter(textTerminal(), true),
      start: async () => {
        expect(process.listenerCount('SIGTERM')).toBe(before);
        throw new Error('refused');
      },
    });
    await expect(refused).rejects.toThrow('refused');
  });

  it('is heard as long as the run goes on', async () => {
    const before = process.listenerCount('SIGINT');
    const { handle, cancel } = cancellable();
    const code = followRun({
      reporter: makeReporter(textTerminal(), true),
      start: async (exists) => {
        exists();
        return handle;
      },
    });
    await vi.waitFor(() => expect(process.listenerCount('SIGINT')).toBe(before + 1));
    process.emit('SIGINT', 'SIGINT');
    await expect(code).resolves.toBe(130);
    expect(cancel).toHaveBeenCalledOnce();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it.each([
    [['batch'], 'detach'],
    [[], 'cancel'],
  ] as const)('with --detach leaves the jobs on %j: %s', async (outliving, expected) => {
    const { handle, cancel, detach } = cancellable(outliving);
    const terminal = textTerminal();
    const code = followRun({
      reporter: makeReporter(terminal, false),
      detach: true,
      start: async (exists) => {
        exists();
        process.emit('SIGINT', 'SIGINT');
        return handle;
      },
    });
    await expect(code).resolves.toBe(130);
    expect([detach.mock.calls.length, cancel.mock.calls.length]).toEqual(
      expected === 'detach' ? [1, 0] : [0, 1],
    );
    if (expected === 'detach') expect(terminal.err.text).toContain('leat recover TrainFlow/417');
  });
});
