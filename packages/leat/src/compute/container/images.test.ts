import { describe, expect, it } from 'vitest';
import type { PullOptions } from './api.ts';
import { EngineError } from './engine-error.ts';
import { Images, missingImage } from './images.ts';

/** An engine without images, whose registry does as `pull` says. */
const engine = (pull: (image: string, options: PullOptions) => Promise<void>) => ({
  hasImage: async () => false,
  pull,
});

describe('images', () => {
  it('gives up what is being fetched when the layer is closed', async () => {
    const begun = Promise.withResolvers<void>();
    const images = new Images(
      engine(async (_image, { signal }) => {
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
    [500, 'Head "https://h/v2/x": unauthorized: authentication required', true],
    [500, 'Head "https://h/v2/x": no basic auth credentials', true],
    [500, 'invalid username/password', true],
    [500, 'normalizing name for compat API: repository name must be lowercase', true],
    [500, 'Get "https://h/v2/x": 403 Forbidden', true],
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

  it('are asked for as somebody, where somebody has logged in', async () => {
    const logins: unknown[] = [];
    const images = new Images(
      engine(async (_image, { login }) => {
        logins.push(login);
      }),
      { loginFor: async (image) => (image === 'private' ? { header: 'ann' } : {}) },
    );
    await images.ready('private');
    await images.ready('open');
    expect(logins).toEqual(['ann', undefined]);
  });

  it('that are refused tell of the login that could not be read', async () => {
    const refuse = (reason: string) =>
      new Images(
        engine(async () => {
          throw new EngineError(500, reason);
        }),
        { loginFor: async () => ({ trouble: 'the login is broken' }) },
      );
    const reason = 'unauthorized: authentication required (the login is broken)';
    expect(await refuse('unauthorized: authentication required').ready('x')).toMatchObject({ reason });
    expect(await refuse('no route to host').ready('x')).toMatchObject({ reason: 'no route to host' });
  });

  it.each([
    ['quay.io/ann/x', 'unauthorized: access to the requested resource', 'docker login quay.io'],
    ['x', 'pull access denied for x, repository does not exist', 'podman login`'],
  ])('%s, when it is refused, says how to log in', (image, reason, said) => {
    expect(missingImage(image, reason).hint).toContain(said);
    expect(missingImage(image, 'no route to host').hint).not.toContain('login');
  });
});
