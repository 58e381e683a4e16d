import { describe, expect, it } from 'vitest';
import type { AttemptRequest } from '../compute-layer.ts';
import { launchOf, messageOf, plainLaunch, taskEnvironment } from './job-spec.ts';

interface Given {
  readonly cpu?: number;
  readonly origin?: 'default' | '@resources';
  readonly environment?: Readonly<Record<string, string>>;
}

function request({ cpu = 2, origin = 'default', environment = {} }: Given = {}): AttemptRequest {
  const given = <T>(value: T) => ({ value, origin });
  return {
    token: 'token',
    name: 'TestFlow/1/train@0',
    spec: { step: 'train', takes: 'item', next: { kind: 'linear', to: 'join' } } as AttemptRequest['spec'],
    resources: { cpu: given(cpu), memory: given(1500.5), gpu: given(1), disk: given(10) },
    environment,
    options: {},
  };
}

describe('launchOf', () => {
  it('bounds the heap by memory that was asked for, and by no other', () => {
    expect(launchOf(request(), undefined).flags).toEqual(['--v8-pool-size=2']);
    expect(launchOf(request({ origin: '@resources' }), undefined).flags).toContain(
      '--max-old-space-size=1500',
    );
  });

  it('gives V8 as many threads as the task has cores, and never more than Node would', () => {
    const flags = (cpu: number) => launchOf(request({ cpu }), undefined).flags;
    expect(flags(0.5)).toEqual(['--v8-pool-size=1']);
    expect(flags(3.9)).toEqual(['--v8-pool-size=3']);
    expect(flags(4)).toEqual([]);
    expect(flags(64)).toEqual([]);
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
    const line = messageOf(request({ environment: { A: 'two\nlines' } }), {
      datastore: 'file:///store',
      mark: 'm',
    });
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      spec: request().spec,
      environment: { A: 'two\nlines' },
      resources: { cpu: 2, memory: 1500.5, gpu: 1, disk: 10 },
      datastore: 'file:///store',
    });
  });
});

describe('taskEnvironment', () => {
  it('adds a cache of compiled code, if there is one', () => {
    expect(taskEnvironment({ PATH: '/bin' }, '/cache')).toEqual({
      PATH: '/bin',
      LEAT_COMPILE_CACHE: '/cache',
    });
    expect(taskEnvironment({ NODE_COMPILE_CACHE: '/mine' }, undefined)).toEqual({
      NODE_COMPILE_CACHE: '/mine',
    });
  });
});

describe('plainLaunch', () => {
  it('is the launch of a step that asks for nothing, so that what was started ahead fits', () => {
    expect(launchOf(request({ cpu: 1 }), undefined)).toEqual({
      ...plainLaunch,
      work: { kind: 'item-linear', step: 'train' },
    });
  });
});
