import { describe, expect, it } from 'vitest';
import { parseContainerOptions } from './options.ts';

const surroundings = { env: {}, folder: '/home/ann/project', nodeVersion: '26.10.0' };
const parse = (options: Readonly<Record<string, unknown>>, env = {}) =>
  parseContainerOptions(options, { ...surroundings, env });

describe('the options of a container', () => {
  it('have defaults', () => {
    expect(parse({})).toEqual({
      image: 'docker.io/library/node:26-slim',
      tmpfs: {},
      volumes: [],
      environment: {},
    });
    expect(parse({}, { LEAT_CONTAINER_IMAGE: 'ours:1' }).image).toBe('ours:1');
    expect(parse({ image: 'mine' }, { LEAT_CONTAINER_IMAGE: 'ours:1' }).image).toBe('mine');
  });

  it('come to a final form that says the same in every folder', () => {
    expect(
      parse({
        image: 'python:3.12',
        sharedMemory: 256,
        tmpfs: 512,
        volumes: ['./data:/data:ro', 'cache:/cache', '/srv/models:/models:rw'],
        environment: { A: '1' },
        user: 1000,
        network: 'host',
      }),
    ).toEqual({
      image: 'python:3.12',
      sharedMemory: 256,
      tmpfs: { '/tmp': 512 },
      volumes: [
        { source: '/home/ann/project/data', target: '/data', readOnly: true },
        { source: 'cache', target: '/cache', readOnly: false },
        { source: '/srv/models', target: '/models', readOnly: false },
      ],
      environment: { A: '1' },
      user: '1000',
      network: 'host',
    });
    expect(parse({ tmpfs: { '/scratch': 100 } }).tmpfs).toEqual({ '/scratch': 100 });
  });

  it.each([
    [{ imge: 'x' }, "has no option 'imge'"],
    [{ image: '' }, "'image' must be the name of an image"],
    [{ image: 'a b' }, "'image' must be"],
    [{ sharedMemory: '1g' }, "'sharedMemory' must be a number of MB above 0"],
    [{ tmpfs: { scratch: 1 } }, "'tmpfs' must be a number of MB above 0, or a record"],
    [{ volumes: '/a:/b' }, "'volumes' must be a list"],
    [{ volumes: ['/a'] }, "'volumes' must be a list"],
    [{ volumes: ['/a:b'] }, "'volumes' must be a list"],
    [{ environment: { A: 1 } }, "'environment' must be a record"],
    [{ environment: { 'A=B': '1' } }, "'environment' must be a record"],
    [{ user: '' }, "'user' must be"],
    [{ network: 3 }, "'network' must be"],
  ])('refuse %j', (options, message) => {
    expect(() => parse(options)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) }),
    );
  });
});
