import { describe, expect, it } from 'vitest';
import { groupFolders, outOfMemoryKills, type ReadText } from './control-group.ts';

const from =
  (files: Readonly<Record<string, string>>): ReadText =>
  (path) =>
    files[path];

describe('outOfMemoryKills', () => {
  const machine = { '/proc/vmstat': 'nr_free 3\noom_kill 7\nother 1\n' };

  it('counts those of the machine when no group tells', () => {
    expect(outOfMemoryKills(from({}))).toBe(0);
    expect(outOfMemoryKills(from(machine))).toBe(7);
  });

  it('counts those of the own control group before those of the machine, in both versions', () => {
    const second = {
      '/proc/self/cgroup': '0::/job\n',
      '/sys/fs/cgroup/job/memory.events': 'oom 3\noom_kill 2\n',
    };
    expect(outOfMemoryKills(from({ ...machine, ...second }))).toBe(2);
    const first = {
      '/proc/self/cgroup': '4:memory:/docker/abc\n0::/\n',
      '/sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
    };
    expect(outOfMemoryKills(from({ ...machine, ...first }))).toBe(3);
  });
});

describe('groupFolders', () => {
  it('goes from the innermost group to the root', () => {
    const read = from({ '/proc/self/cgroup': '4:memory:/a/b\n3:cpu,cpuacct:/a\n' });
    expect(groupFolders('memory', read)).toEqual([
      '/sys/fs/cgroup/memory/a/b',
      '/sys/fs/cgroup/memory/a',
      '/sys/fs/cgroup/memory',
    ]);
    expect(groupFolders('cpu', read)).toEqual(['/sys/fs/cgroup/cpu/a', '/sys/fs/cgroup/cpu']);
  });
});
