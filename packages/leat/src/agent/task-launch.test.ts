import { describe, expect, it } from 'vitest';
import { messageOf } from './message.fixture.ts';
import { nodeFlags, taskEnvironment } from './task-launch.ts';

const asking = (cpu: number, memory: number) =>
  messageOf({}, { resources: { cpu, memory, gpu: 0, disk: 0 } });

describe('nodeFlags', () => {
  it.each([
    [1, 1000, ['--v8-pool-size=1', '--max-old-space-size=900']],
    [0.25, 512, ['--v8-pool-size=1', '--max-old-space-size=460']],
    [8, 64_000, ['--max-old-space-size=57600']],
    [2, 0, ['--v8-pool-size=2']],
  ])('of %d cores and %d MB', (cpu, memory, flags) => {
    expect(nodeFlags(asking(cpu, memory))).toEqual(flags);
  });

  it('leave the heap to a step that sets it', () => {
    const message = messageOf({}, { environment: { NODE_OPTIONS: '--max-old-space-size=100' } });
    expect(nodeFlags(message)).toEqual(['--v8-pool-size=1']);
  });
});

describe('taskEnvironment', () => {
  it('holds no links, and what the step says', () => {
    const own = { PATH: '/bin', LEAT_NODE: 'https://secret', LEAT_TOOLS: 'https://secret', COLOR: 'red' };
    expect(taskEnvironment(own, messageOf({}, { environment: { COLOR: 'blue' } }))).toEqual({
      PATH: '/bin',
      COLOR: 'blue',
    });
  });

  it('keeps what Node needs to start, whatever the step says', () => {
    const own = { LEAT_LIBRARIES: '/tmp/lib', LD_LIBRARY_PATH: '/tmp/lib' };
    const asking = messageOf({}, { environment: { LD_LIBRARY_PATH: '/opt/lib' } });
    expect(taskEnvironment(own, asking)).toMatchObject({ LD_LIBRARY_PATH: '/tmp/lib:/opt/lib' });
    expect(taskEnvironment(own, messageOf({}))).toMatchObject({ LD_LIBRARY_PATH: '/tmp/lib' });
    expect(taskEnvironment({}, asking)).toMatchObject({ LD_LIBRARY_PATH: '/opt/lib' });
  });
});
