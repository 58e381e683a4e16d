import { expect, it } from 'vitest';
import { shortEnough } from './layer-folder.ts';

const ofLength = (length: number): string => `/${'x'.repeat(length - 1)}`;

it('takes the folders in which a socket has a path that Linux takes', () => {
  const folders = [ofLength(90), '/tmp', undefined, '', ofLength(70), `/${'é'.repeat(40)}`];
  expect(shortEnough(folders)).toEqual(['/tmp', ofLength(70)]);
});

it('knows the longest one', () => {
  const longest = 107 - '/leat-container-XXXXXX/podman.sock'.length;
  expect(shortEnough([ofLength(longest), ofLength(longest + 1)])).toEqual([ofLength(longest)]);
});
