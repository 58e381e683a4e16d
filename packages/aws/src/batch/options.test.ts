import { expect, test } from 'vitest';
import { defaultImage, parseBatchOptions } from './options.ts';

const role = 'arn:aws:iam::123456789012:role/leat-task';

test('what is not given comes from the environment, and what is given wins', () => {
  const env = { LEAT_BATCH_QUEUE: 'main', LEAT_BATCH_JOB_ROLE: role };
  expect(parseBatchOptions({}, env)).toEqual({ queue: 'main', jobRole: role, image: defaultImage });
  expect(parseBatchOptions({ queue: 'spot' }, env).queue).toBe('spot');
});

test('short forms are completed', () => {
  const parsed = parseBatchOptions(
    {
      queue: 'q',
      tmpfs: 512,
      efs: { fileSystem: 'fs-0a1b', path: '/data' },
      hostVolumes: ['/scratch', { host: '/a', path: '/b', readOnly: true }],
    },
    {},
  );
  expect(parsed.tmpfs).toEqual({ '/tmp': 512 });
  expect(parsed.efs).toEqual([{ fileSystem: 'fs-0a1b', path: '/data' }]);
  expect(parsed.hostVolumes).toEqual([
    { host: '/scratch', path: '/scratch', readOnly: false },
    { host: '/a', path: '/b', readOnly: true },
  ]);
});

test('without a queue there is nothing to submit to', () => {
  expect(() => parseBatchOptions({}, {})).toThrow(/needs the name of a job queue/);
});

test.each([
  ['mistyped', { que: 'q' }, /no option 'que'/],
  ['an empty name', { queue: '' }, /'queue'/],
  ['a role by name', { jobRole: 'leat-task' }, /ARN of a role/],
  ['a size of nothing', { sharedMemory: 0 }, /'sharedMemory'/],
  ['a relative tmpfs', { tmpfs: { scratch: 5 } }, /absolute paths/],
  ['too small a disk of Fargate', { ephemeralStorage: 1000 }, /21504 to 204800/],
  ['a file system that is none', { efs: { fileSystem: 'data', path: '/d' } }, /fileSystem/],
  ['an unknown field of a volume', { efs: { fileSystem: 'fs-1', path: '/d', size: 3 } }, /fileSystem/],
  ['half a device', { trainium: 0.5 }, /whole number from 1 to 16/],
  ['a tag of AWS', { tags: { 'aws:x': 'y' } }, /aws:/],
  ['a number as a tag', { tags: { team: 5 } }, /tags/],
  ['a priority beyond the range', { priority: 10_000 }, /0 to 9999/],
  ['too many Spot retries', { spotRetries: 10 }, /0 to 9/],
  ['an architecture that is none', { architecture: 'arm' }, /'x86_64' or 'arm64'/],
])('%s is refused', (_, given, message) => {
  expect(() => parseBatchOptions({ queue: 'q', ...given }, {})).toThrow(message);
});
