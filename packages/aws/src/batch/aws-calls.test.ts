import { isLeatError } from 'leat';
import { expect, test } from 'vitest';
import { AwsCalls, UncertainCallError } from './aws-calls.ts';
import { CallBudget } from './call-budget.ts';
import { awsError, VirtualTiming } from './simulated-batch.fixture.ts';

function calls(): {
  readonly calls: AwsCalls;
  readonly timing: VirtualTiming;
  readonly close: AbortController;
} {
  const timing = new VirtualTiming();
  const close = new AbortController();
  return { timing, close, calls: new AwsCalls(new CallBudget(timing), close.signal, timing) };
}

/** Fails so often, then answers. */
const failing = (times: number, error: Error) => {
  let left = times;
  return async (): Promise<string> => {
    if ((left -= 1) >= 0) throw error;
    return 'done';
  };
};

test('refusals for want of budget and faults of the service are asked again', async () => {
  const { calls: made } = calls();
  expect(await made.call({ what: 'x' }, failing(5, awsError('TooManyRequestsException', 429)))).toBe('done');
  expect(await made.call({ what: 'x' }, failing(5, awsError('ServerException', 500)))).toBe('done');
  expect(made.counts.get('x')).toBe(12);
});

test('when it takes too long the engine is told that the API is busy, which is no failure of a task', async () => {
  const { calls: made, timing } = calls();
  const error: unknown = await made
    .call({ what: 'DescribeJobs' }, failing(1e6, awsError('TooManyRequestsException', 429)))
    .catch((thrown: unknown) => thrown);
  expect(isLeatError(error) && error.code === 'LAYER_FAILED' && error.details?.['busy']).toBe(true);
  expect(timing.now()).toBeGreaterThan(60_000);
});

test('a call that may have been carried out is not repeated blindly', async () => {
  const { calls: made } = calls();
  const options = { what: 'SubmitJob', once: true } as const;
  await expect(made.call(options, failing(1, awsError('ServerException', 500)))).rejects.toThrow(
    UncertainCallError,
  );
  expect(await made.call(options, failing(3, awsError('TooManyRequestsException', 429)))).toBe('done');
});

test('a call that may not be repeated is waited for when it is called off, so that what it did is known', async () => {
  const { calls: made } = calls();
  const off = new AbortController();
  const options = { what: 'SubmitJob', once: true, signal: off.signal } as const;
  const answering = made.call(options, async (signal) => {
    off.abort(new Error('called off'));
    signal.throwIfAborted();
    return 'its id';
  });
  expect(await answering).toBe('its id');
  await expect(made.call(options, async () => 'sent')).rejects.toThrow('called off');
});

test('a call that is called off and gets no answer is uncertain, as any other', async () => {
  const { calls: made } = calls();
  const off = new AbortController();
  const answering = made.call({ what: 'SubmitJob', once: true, signal: off.signal }, async () => {
    off.abort(new Error('called off'));
    throw awsError('ServerException', 500);
  });
  await expect(answering).rejects.toThrow(UncertainCallError);
});

test('what is refused is thrown as it is', async () => {
  const { calls: made } = calls();
  await expect(made.call({ what: 'x' }, failing(1, awsError('ClientException', 400, 'no')))).rejects.toThrow(
    'no',
  );
});

test('closing ends what waits', async () => {
  const { calls: made, close, timing } = calls();
  timing.passing = () => {
    close.abort(new Error('closed'));
  };
  await expect(made.call({ what: 'x' }, failing(1e6, awsError('ServerException', 500)))).rejects.toThrow(
    'closed',
  );
});
