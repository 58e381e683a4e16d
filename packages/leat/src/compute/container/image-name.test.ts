import { expect, it } from 'vitest';
import { withTag } from './image-name.ts';

it.each([
  ['python', 'python:latest'],
  ['python:3.12', 'python:3.12'],
  ['docker.io/library/python', 'docker.io/library/python:latest'],
  ['localhost:5000/tools', 'localhost:5000/tools:latest'],
  ['localhost:5000/tools:2', 'localhost:5000/tools:2'],
  ['ghcr.io/me/tools@sha256:abc', 'ghcr.io/me/tools@sha256:abc'],
])('%s is fetched as %s', (image, asked) => {
  expect(withTag(image)).toBe(asked);
});
