import { describe, expect, test } from 'vitest';
import { LeatError } from '../errors/index.ts';
import { type AttemptRequest, type ComputeLayer, contractVersion, type JobStatus } from './compute-layer.ts';
import { guardLayer } from './guard.ts';

const fine: ComputeLayer = {
  name: 'mill',
  contract: contractVersion,
  capabilities: {
    arrays: 0,
    gang: false,
    gpu: false,
    longestTimeout: 900,
    isolation: 'process',
    datastores: [],
    window: 1,
  },
  check: async () => [],
  submit: async (batch) => batch.map(({ token }) => ({ token, job: `job-${token}` })),
  poll: async () => new Map(),
  find: async () => new Map(),
  cancel: async () => {},
  async *logs() {},
  diagnose: async () => ({ cause: 'none' }),
  close: async () => {},
};

const layerThat = (parts: Partial<ComputeLayer>) =>
  guardLayer({ ...fine, ...parts }, { poll: 50, submit: 50, submitEach: 0, close: 50 });
const request = (token: string) => ({ token, name: `F/1/${token}@0` }) as AttemptRequest;
const options = { waitMs: 0, signal: new AbortController().signal };
const failing = (message: RegExp) =>
  expect.objectContaining({
    code: 'LAYER_FAILED',
    message: expect.stringMatching(message) as string,
  }) as Error;

test('refuses a layer of another version of the contract', () => {
  expect(() => guardLayer({ ...fine, contract: 2 as 1 })).toThrow(failing(/'mill'.*version 2/));
});

describe('errors', () => {
  test('name the layer and the call', async () => {
    const layer = layerThat({ submit: () => Promise.reject(new TypeError('no such queue')) });
    await expect(layer.submit([request('a')])).rejects.toThrow(failing(/'mill', submit: no such queue/));
  });

  test('that say more than that are passed on', async () => {
    const layer = layerThat({ poll: () => Promise.reject(new LeatError('OPTION_INVALID', 'region')) });
    await expect(layer.poll(['j'], options)).rejects.toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }) as Error,
    );
  });

  test('come from calls that do not answer', async () => {
    const layer = layerThat({ poll: () => new Promise(() => {}) });
    await expect(layer.poll(['j'], options)).rejects.toThrow(
      failing(/'mill', poll: it did not answer within 0.05 s/),
    );
  });

  test('come from a layer that throws at once', async () => {
    const layer = layerThat({
      find: () => {
        throw new Error('not written yet');
      },
    });
    await expect(layer.find(['t'])).rejects.toThrow(failing(/find: not written yet/));
  });
});

describe('submit', () => {
  test('answers for each attempt, in order', async () => {
    const layer = layerThat({
      submit: async () => [
        { token: 'b', refused: 'too large' },
        { token: 'x', job: '1' },
        { token: 'a', job: '2' },
      ],
    });
    await expect(layer.submit([request('a'), request('b')])).resolves.toStrictEqual([
      { token: 'a', job: '2' },
      { token: 'b', refused: 'too large' },
    ]);
  });

  test('does not leave an attempt out', async () => {
    await expect(layerThat({ submit: async () => [] }).submit([request('a')])).rejects.toThrow(
      failing(/what became of 'F\/1\/a@0'/),
    );
  });

  test('says a job or a refusal', async () => {
    await expect(
      layerThat({ submit: async () => [{ token: 'a' } as never] }).submit([request('a')]),
    ).rejects.toThrow(failing(/neither/));
  });
});

describe('submit that hangs', () => {
  const hanging = (signals: AbortSignal[]) =>
    guardLayer(
      {
        ...fine,
        submit: async (_, signal) => {
          signals.push(signal!);
          return new Promise(() => {});
        },
      },
      { submit: 40, submitEach: 10, recalled: 20 },
    );

  test('is told to stop, and is not waited for longer than its batch may take', async () => {
    const signals: AbortSignal[] = [];
    await expect(hanging(signals).submit([request('a'), request('b')])).rejects.toThrow(
      failing(/did not answer within 0.06 s/),
    );
    expect(signals[0]?.aborted).toBe(true);
  });

  test('is told to stop when it is called off, and then not waited for long', async () => {
    const signals: AbortSignal[] = [];
    const calledOff = new AbortController();
    const submitted = hanging(signals).submit([request('a')], calledOff.signal);
    calledOff.abort();
    await expect(submitted).rejects.toThrow(failing(/called off, and did not answer/));
    expect(signals[0]?.aborted).toBe(true);
  });
});

describe('poll', () => {
  const answers = (...statuses: readonly JobStatus[]) => {
    let at = 0;
    return layerThat({
      poll: async () =>
        new Map([
          ['j', statuses[at++]!],
          ['stranger', statuses[0]!],
        ]),
    });
  };

  test('tells of nothing that was not asked for', async () => {
    await expect(answers({ state: 'queued' }).poll(['j', 'k'], options)).resolves.toStrictEqual(
      new Map([['j', { state: 'queued' }]]),
    );
  });

  test('never goes back, and an end stands', async () => {
    const running = { state: 'running', startedAt: 1 } as const;
    const ended = { state: 'succeeded', startedAt: 1, endedAt: 2 } as const;
    const layer = answers(running, { state: 'queued' }, ended, running, {
      state: 'failed',
      reason: 'lost',
      message: '',
      endedAt: 3,
    });
    for (const status of [running, running, ended, ended, ended]) {
      expect((await layer.poll(['j'], options)).get('j')).toStrictEqual(status);
    }
  });

  test('knows no other states', async () => {
    await expect(answers({ state: 'toString' } as never).poll(['j'], options)).rejects.toThrow(
      failing(/'toString' is no state/),
    );
  });
});

test('a missing ability is an error before the start', async () => {
  const value = (of: number) => ({ value: of, origin: 'default' as const });
  const resources = { cpu: value(1), memory: value(1), gpu: value(1), disk: value(1) };
  const found = await layerThat({}).check([
    { step: 'train', chunks: true, resources, timeoutSeconds: 1000, options: {} },
  ]);
  expect(found).toMatchObject([
    { step: 'train', level: 'error', message: expect.stringContaining('1 GPU') as string },
    { step: 'train', level: 'error', message: expect.stringContaining('a process of its own') as string },
    { step: 'train', level: 'error', message: expect.stringContaining('900 s') as string },
  ]);
});

describe('close', () => {
  test('happens once, however often it is asked for', async () => {
    let closed = 0;
    const layer = layerThat({ close: async () => void (closed += 1) });
    await Promise.all([layer.close(), layer.close()]);
    await layer.close();
    expect(closed).toBe(1);
    await expect(layer.poll(['j'], options)).rejects.toThrow(failing(/after it had been closed/));
  });

  test('does not wait for ever', async () => {
    await expect(layerThat({ close: () => new Promise(() => {}) }).close()).rejects.toThrow(
      failing(/close: it did not answer/),
    );
  });
});

test('a hint that is not understood disturbs nothing', () => {
  const layer = layerThat({
    expect: () => {
      throw new Error('what?');
    },
  });
  expect(() => layer.expect?.(3)).not.toThrow();
});
