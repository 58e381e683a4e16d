import { describe, expect, it } from 'vitest';
import type { AttemptRequest } from '../compute-layer.ts';
import { launchOf, messageOf, taskEnvironment } from './job-spec.ts';

interface Given {
  readonly origin?: 'default' | '@resources';
  readonly environment?: Readonly<Record<string, string>>;
}

function request({ origin = 'default', environment = {} }: Given = {}): AttemptRequest {
  const given = <T>(value: T) => ({ value, origin });
  return {
    token: 'token',
    name: 'TestFlow/1/train@0',
    spec: { step: 'train' } as AttemptRequest['spec'],
    resources: { cpu: given(2), memory: given(1500.5), gpu: given(1), disk: given(10) },
    environment,
    options: {},
  };
}

describe('launchOf', () => {
  it('bounds the heap by memory that was asked for, and by no other', () => {
    expect(launchOf(request(), undefined).flags).toEqual([]);
    expect(launchOf(request({ origin: '@resources' }), undefined).flags).toEqual([
      '--max-old-space-size=1500',
    ]);
  });

  it('shows a task its own devices and no others, on a machine that has some', () => {
    expect(launchOf(request(), undefined)).toMatchObject({ environment: {}, standby: true });
    expect(launchOf(request(), [])).toMatchObject({
      environment: { CUDA_VISIBLE_DEVICES: '' },
      standby: true,
    });
    expect(launchOf(request(), ['1', 'GPU-a'])).toMatchObject({
      environment: { CUDA_VISIBLE_DEVICES: '1,GPU-a' },
      standby: false,
    });
  });

  it('lets @environment say otherwise', () => {
    expect(
      launchOf(request({ environment: { CUDA_VISIBLE_DEVICES: '7', A: 'b' } }), ['1']).environment,
    ).toEqual({ CUDA_VISIBLE_DEVICES: '7', A: 'b' });
  });
});

describe('messageOf', () => {
  it('is one line with all that the task needs', () => {
    const line = messageOf(request({ environment: { A: 'two\nlines' } }), 'file:///store');
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      spec: { step: 'train' },
      environment: { A: 'two\nlines' },
      resources: { cpu: 2, memory: 1500.5, gpu: 1, disk: 10 },
      datastore: 'file:///store',
    });
  });
});

describe('taskEnvironment', () => {
  it('adds a cache of compiled code, unless the user has one', () => {
    expect(taskEnvironment({ PATH: '/bin' }, '/tmp')).toEqual({
      PATH: '/bin',
      NODE_COMPILE_CACHE: '/tmp/node-compile-cache',
      LEAT_COMPILE_CACHE: '1',
    });
    expect(taskEnvironment({ NODE_COMPILE_CACHE: '/mine' }, '/tmp')).toEqual({ NODE_COMPILE_CACHE: '/mine' });
  });
});
