import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { Containers } from './containers.ts';
import { EngineError } from './engine-error.ts';

/** An engine that was away, is back, and has a container that runs and prints until it is removed. */
function engineThatWasAway() {
  const log = new PassThrough();
  const removed: string[] = [];
  return {
    log,
    removed,
    breaks: 0,
    create: async () => 'c1',
    attach: async () => Readable.from([]),
    start: async () => undefined,
    wait: async () => {
      throw new EngineError(0, 'connection refused');
    },
    inspect: async () => ({ Running: true, Status: 'running', ExitCode: 0, OOMKilled: false, Error: '' }),
    follow: async () => log,
    kill: async () => undefined,
    remove: async (id: string) => {
      removed.push(id);
      log.end();
    },
  };
}

const wanted = {
  name: 'leat-1',
  request: {} as never,
  made: { image: 'small', noNode: undefined, first: 'shell' as const },
  readEnd: async () => '',
};

it('a container that was given up is removed though the engine is back and it prints on', async () => {
  const engine = engineThatWasAway();
  const started = await new Containers(engine).start(wanted);
  started.stdout.resume();
  expect(await started.exited).toMatchObject({ lost: expect.stringContaining('no longer answers') });
  await started.removed;
  expect(engine.removed).toEqual(['c1']);
});
