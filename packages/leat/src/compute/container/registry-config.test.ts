import { describe, expect, it } from 'vitest';
import { findLogin, headerOf, registryOf } from './registry-config.ts';

const hub = 'https://index.docker.io/v1/';
const image = 'quay.io/ann/tools:1';
const basic = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

describe('logins of registries', () => {
  it.each([
    ['node:24', hub],
    ['library/node:24', hub],
    ['docker.io/library/node', hub],
    ['quay.io/ann/tools:1', 'quay.io'],
    ['localhost/tools', 'localhost'],
    ['localhost:5000/tools@sha256:abc', 'localhost:5000'],
    ['ann/tools.of/hers', hub],
  ])('the registry of %s is %s', (image, registry) => {
    expect(registryOf(image)).toBe(registry);
  });

  it.each([
    ['nothing', undefined, image, undefined],
    ['nonsense', { auths: ['x'], credsStore: 3 }, image, undefined],
    ['none for it', { auths: { 'ghcr.io': basic('a:b') } }, image, undefined],
    [
      'a login',
      { auths: { 'quay.io': basic('ann:se:cret') } },
      image,
      { username: 'ann', password: 'se:cret' },
    ],
    [
      'one by address',
      { auths: { 'https://quay.io/v2/': basic('a:b') } },
      image,
      { username: 'a', password: 'b' },
    ],
    ['one of the hub', { auths: { [hub]: basic('a:b') } }, 'node', { username: 'a', password: 'b' }],
    [
      'one of the hub by its short name',
      { auths: { 'docker.io': basic('a:b') } },
      'node',
      { username: 'a', password: 'b' },
    ],
    [
      'one for a folder of it',
      { auths: { 'quay.io': basic('a:b'), 'quay.io/bob': basic('c:d'), 'quay.io/ann': basic('e:f') } },
      image,
      { username: 'e', password: 'f' },
    ],
    ['one for another folder', { auths: { 'quay.io/bob': basic('c:d') } }, image, undefined],
    ['a token', { auths: { 'quay.io': { identitytoken: 't' } } }, image, { identityToken: 't' }],
    ['an empty entry', { auths: { 'quay.io': {} } }, image, undefined],
    ['a program for all', { auths: { 'quay.io': {} }, credsStore: 'pass' }, image, { helper: 'pass' }],
    ['one of its own', { credHelpers: { 'quay.io': 'own' }, credsStore: 'pass' }, image, { helper: 'own' }],
    ['one of its own for the hub', { credHelpers: { 'index.docker.io': 'own' } }, 'node', { helper: 'own' }],
    ['the way to another folder', { credsStore: '../evil' }, image, undefined],
  ])('of a configuration with %s', (_, config, name, found) => {
    expect(findLogin(config, name)).toEqual(found);
  });

  it('are sent as docker reads them', () => {
    const header = headerOf({ username: 'ann', password: '>>>???' }, 'quay.io');
    expect(header).toMatch(/^[\w-]+={0,2}$/);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))).toEqual({
      username: 'ann',
      password: '>>>???',
      serveraddress: 'quay.io',
    });
  });
});
