import { describe, expect, it } from 'vitest';
import { readToldEnd } from './init-script.ts';
import { exitOf, type MadeOf } from './job-status.ts';

const nothing = readToldEnd('');
const madeOf = (image: string, noNode?: string): MadeOf => ({ image, noNode, first: 'shell' });
const ended = (over: object = {}) => ({
  Running: false,
  Status: 'exited',
  ExitCode: 0,
  OOMKilled: false,
  Error: '',
  ...over,
});

describe('how a container ended', () => {
  it.each([
    ['well', ended(), readToldEnd('code 0\n'), { code: 0, outOfMemory: false }],
    [
      'unseen by the engine, which says 0',
      ended(),
      nothing,
      { code: 0, outOfMemory: false, lost: 'its container engine has lost sight of its container' },
    ],
    ['badly, unseen by the engine', ended(), readToldEnd('code 7\n'), { code: 7, outOfMemory: false }],
    ['with a code of its own', ended({ ExitCode: 7 }), nothing, { code: 7, outOfMemory: false }],
    [
      'killed by itself',
      ended({ ExitCode: 137 }),
      readToldEnd('oom 0\ncode 137\n'),
      { code: 137, outOfMemory: false },
    ],
    [
      'killed as a whole',
      ended({ ExitCode: 137 }),
      nothing,
      { code: 137, outOfMemory: false, lost: 'its container was killed by something outside Leat' },
    ],
    [
      'killed for memory, says the engine',
      ended({ ExitCode: 137, OOMKilled: true }),
      nothing,
      { code: 137, outOfMemory: true },
    ],
    [
      'killed for memory, says its control group',
      ended({ ExitCode: 137 }),
      readToldEnd('oom 2\n'),
      { code: 137, outOfMemory: true },
    ],
    [
      'with an error, after something it had started was killed for memory',
      ended({ ExitCode: 1, OOMKilled: true }),
      readToldEnd('oom 1\n'),
      { code: 1, outOfMemory: false },
    ],
    [
      '127, by the step itself',
      ended({ ExitCode: 127 }),
      readToldEnd('oom 0\n'),
      { code: 127, outOfMemory: false },
    ],
    [
      'removed by somebody',
      undefined,
      nothing,
      { lost: 'its container was removed by something outside Leat' },
    ],
  ])('%s', (_, state, told, facts) => {
    expect(exitOf(state, told, madeOf('any'))).toEqual(facts);
  });

  it('could not begin: no Node runs in the image', () => {
    const facts = exitOf(ended({ ExitCode: 127 }), readToldEnd('no-node\noom 0\n'), madeOf('alpine:3'));
    expect(facts).toMatchObject({ permanent: true });
    expect(facts.error?.message).toContain("the image 'alpine:3' cannot run the Node of this machine");
  });

  it('could not begin: the image has no Node, and neither has this machine one that it could run', () => {
    const made = madeOf('python:3', 'tasks need a Node for linux-arm64');
    const facts = exitOf(ended({ ExitCode: 127 }), readToldEnd('no-node\noom 0\n'), made);
    expect(facts).toMatchObject({ permanent: true });
    expect(facts.error?.message).toBe(
      "the image 'python:3' has no Node ≥ 24 of its own, and there is none to lend to it: tasks need a Node for linux-arm64",
    );
  });

  it('could not begin, says the engine', () => {
    const facts = exitOf(
      ended({ ExitCode: 127, Error: 'no such file: /bin/sh' }),
      nothing,
      madeOf('scratch'),
    );
    expect(facts).toEqual({ error: new Error('no such file: /bin/sh'), permanent: true });
  });

  it('could not begin: there was no shell, and the Node that was lent did not come up', () => {
    const made: MadeOf = { image: 'distroless', noNode: undefined, first: 'node' };
    for (const ExitCode of [1, 127])
      expect(exitOf(ended({ ExitCode }), nothing, made)).toMatchObject({ permanent: true });
    expect(exitOf(ended({ ExitCode: 1 }), readToldEnd('begun\noom 0\ncode 1\n'), made)).toEqual({
      code: 1,
      outOfMemory: false,
    });
    expect(exitOf(ended({ ExitCode: 137 }), readToldEnd('begun\n'), made)).toMatchObject({
      lost: expect.any(String),
    });
  });
});
