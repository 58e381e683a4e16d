import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { ContainerState } from './api.ts';
import { Containers } from './containers.ts';
import { EngineError } from './engine-error.ts';

const running = { Running: true, Status: 'running', ExitCode: 0, OOMKilled: false, Error: '' };

/** An engine with a container that prints nothing, or prints on until it is removed; how it is described is told look by look. */
function engine(describe: (look: number) => ContainerState) {
  const log = new PassThrough();
  const removed: string[] = [];
  let looks = 0;
  return {
    removed,
    looks: () => looks,
    breaks: 0,
    create: async () => 'c1',
    attach: async () => Readable.from([]),
    start: async () => undefined,
    inspect: async () => describe((looks += 1)),
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
  // Its output is looked for while it runs; then the engine is away.
  const away = engine((look) => {
    if (look > 8) throw new EngineError(0, 'connection refused');
    return running;
  });
  const started = await new Containers(away, async () => undefined).start(wanted);
  started.stdout.resume();
  expect(await started.exited).toMatchObject({ lost: expect.stringContaining('no longer answers') });
  await started.removed;
  expect(away.removed).toEqual(['c1']);
});

it('the end of a container is known at once by the end of its output', async () => {
  const quick = engine(() => ({ ...running, Running: false, Status: 'stopped', ExitCode: 3 }));
  const started = await new Containers(quick).start(wanted);
  expect(await started.exited).toEqual({ code: 3, outOfMemory: false });
  expect(quick.looks()).toBe(2);
});

it('the end of a container whose output does not end, or that nobody reads, is looked for', async () => {
  const quiet = engine((look) =>
    look > 9 ? { ...running, Running: false, Status: 'exited', ExitCode: 4 } : running,
  );
  const started = await new Containers(quiet, async () => undefined).start(wanted);
  expect(await started.exited).toEqual({ code: 4, outOfMemory: false });
});
