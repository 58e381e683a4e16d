import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Containers } from './containers.ts';

const running = { Running: true, Status: 'running', ExitCode: 0, OOMKilled: false, Error: '' };

it('a container that was given up is removed though the engine is back and it prints on', async () => {
  const log = new PassThrough();
  const removed: string[] = [];
  let follows = false;
  // The connection for its output has broken, and is open again; then the engine is away for whoever looks at the container.
  const engine = {
    breaks: 0,
    create: async () => 'c1',
    attach: async () => Readable.from([]),
    start: async () => undefined,
    inspect: async () => {
      if (follows) throw new Error('connect ECONNREFUSED');
      return running;
    },
    follow: async () => {
      follows = true;
      return log;
    },
    kill: async () => undefined,
    remove: async (id: string) => {
      removed.push(id);
      log.end();
    },
  };
  const started = await new Containers(engine, async () => setImmediate()).start({
    name: 'leat-1',
    request: {} as never,
    made: { image: 'small', noNode: undefined, first: 'shell' as const },
    readEnd: async () => '',
  });
  started.stdout.resume();
  expect(await started.exited).toMatchObject({ lost: expect.stringContaining('no longer answers') });
  expect(follows).toBe(true);
  await started.removed;
  expect(removed).toEqual(['c1']);
});
