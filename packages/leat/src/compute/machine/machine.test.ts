import { describe, expect, it } from 'vitest';
import { type MachineSources, readMachine } from './machine.ts';

const gb = 1024 ** 3;

function sources(
  files: Readonly<Record<string, string>>,
  part: Partial<MachineSources> = {},
): MachineSources {
  return { env: {}, read: (path) => files[path], list: () => [], cores: 16, memory: 64 * gb, ...part };
}

describe('readMachine', () => {
  it('takes cores and memory from the system when nothing limits them', () => {
    expect(readMachine(sources({}))).toEqual({ cpu: 16, memory: 65_536, gpus: [] });
  });

  it('keeps to the limits of a control group of version 2, also of one above', () => {
    const files = {
      '/proc/self/cgroup': '0::/ci.slice/job.scope\n',
      '/sys/fs/cgroup/ci.slice/job.scope/cpu.max': 'max 100000\n',
      '/sys/fs/cgroup/ci.slice/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/ci.slice/job.scope/memory.max': `${2 * gb}\n`,
      '/sys/fs/cgroup/ci.slice/memory.max': 'max\n',
    };
    expect(readMachine(sources(files))).toEqual({ cpu: 1.5, memory: 2048, gpus: [] });
  });

  it('keeps to the limits of version 1', () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${gb}`,
    };
    expect(readMachine(sources(files))).toEqual({ cpu: 4, memory: 1024, gpus: [] });
  });

  it('finds GPUs by their devices, or those that CUDA_VISIBLE_DEVICES leaves', () => {
    const list = (): readonly string[] => ['null', 'nvidia10', 'nvidia2', 'nvidiactl', 'nvidia-uvm'];
    expect(readMachine(sources({}, { list })).gpus).toEqual(['2', '10']);
    expect(readMachine(sources({}, { list, env: { CUDA_VISIBLE_DEVICES: 'GPU-a, GPU-b' } })).gpus).toEqual([
      'GPU-a',
      'GPU-b',
    ]);
    expect(readMachine(sources({}, { list, env: { CUDA_VISIBLE_DEVICES: '' } })).gpus).toEqual([]);
  });

  it('believes the variables before the machine', () => {
    const env = { LEAT_LOCAL_CPU: '2', LEAT_LOCAL_MEMORY: '512', LEAT_LOCAL_GPU: '1' };
    expect(readMachine(sources({}, { env }))).toEqual({ cpu: 2, memory: 512, gpus: ['0'] });
  });

  it('refuses a variable that is no number', () => {
    expect(() => readMachine(sources({}, { env: { LEAT_LOCAL_CPU: 'two' } }))).toThrow(
      "LEAT_LOCAL_CPU must be a number of zero or more; it is 'two'",
    );
  });

  it('reads this very machine', () => {
    expect(readMachine().cpu).toBeGreaterThan(0);
    expect(readMachine().memory).toBeGreaterThan(0);
  });
});
