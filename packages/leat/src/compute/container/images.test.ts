import { describe, expect, it } from 'vitest';
import type { PullProgress } from './api.ts';
import { EngineError } from './engine-error.ts';
import { Images } from './images.ts';

/** An engine without images, whose registry does as `pull` says. */
const engine = (pull: (image: string, progress: PullProgress, signal: AbortSignal) => Promise<void>) => ({
  hasImage: async () => false,
  pull,
});

describe('images', () => {
  it('gives up what is being fetched when the layer is closed', async () => {
    const begun = Promise.withResolvers<void>();
    const images = new Images(
      engine(async (_image, _progress, signal) => {
        begun.resolve();
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      }),
    );
    const state = images.ready('large');
    await begun.promise;
    images.close();
    expect(await state).toMatchObject({ ready: false, permanent: false });
  });

  it.each([
    [200, 'manifest unknown', true],
    [200, 'pull access denied for x, repository does not exist', true],
    [404, 'no such image', true],
    [200, 'toomanyrequests: You have reached your pull rate limit', false],
    [200, 'net/http: TLS handshake timeout', false],
    [500, 'unexpected end of the answer', false],
    [429, 'slow down', false],
  ])('of an answer %i %s says whether it is for ever: %s', async (status, text, permanent) => {
    const images = new Images(
      engine(async () => {
        throw new EngineError(status, text);
      }),
    );
    expect(await images.ready('some')).toEqual({ ready: false, reason: text, permanent });
  });

  it('asks again after a failure', async () => {
    let asked = 0;
    const images = new Images(
      engine(async () => {
        asked += 1;
        if (asked === 1) throw new EngineError(500, 'busy');
      }),
    );
    expect(await images.ready('some')).toMatchObject({ ready: false });
    expect(await images.ready('some')).toEqual({ ready: true });
  });
});
