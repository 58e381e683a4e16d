/** What a container of a task is like: what its options say, and what its task gets, seen from the command line. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { leatInContainers } from './leat-in-containers.ts';
import type { TestEngine } from './test-engine.ts';

let engine: TestEngine;
let leat: Leat;
leatInContainers((ownLeat, itsEngine) => {
  leat = ownLeat;
  engine = itsEngine;
});

const header = `
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { container, Flow, step, timeout, type Inputs } from 'leat';
void [container, execFileSync, existsSync, readFileSync, timeout, writeFileSync];
const group = (v2: string, v1: string) => readFileSync(existsSync(v2) ? v2 : v1, 'utf8').trim();
`;
const run = (...more: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  leat.ok(['run', 'flow.ts', ...more]);

const userFlow = (decorator: string): string => `${header}
export default class UserFlow extends Flow {
  declare mine: number | undefined;
  @step start() { this.next(this.end); }
  ${decorator} @step end() { this.mine = process.getuid?.(); }
}`;

describe('what a container is like', () => {
  it('has what its options say, and nothing of this machine besides', async () => {
    mkdirSync(path.join(leat.folder, 'data'));
    writeFileSync(path.join(leat.folder, 'data/given.txt'), 'given');
    leat.write(
      'flow.ts',
      `${header}
export default class PlaceFlow extends Flow {
  declare facts: Record<string, unknown>;
  @step start() { this.next(this.look); }
  @container({
    network: 'none', sharedMemory: 24, tmpfs: { '/scratch': 8 }, volumes: ['./data:/data:ro'], environment: { COLOUR: 'blue' }, cpu: 0.5,
  })
  @step look() {
    const size = (at: string) => Number(/size=(\\d+)k/.exec(readFileSync('/proc/mounts', 'utf8').split('\\n').find((line) => line.split(' ')[1] === at) ?? '')?.[1]);
    let written = 'yes';
    try { writeFileSync('/data/given.txt', 'x'); } catch (error) { written = (error as NodeJS.ErrnoException).code ?? ''; }
    this.facts = {
      shared: size('/dev/shm'), scratch: size('/scratch'), given: readFileSync('/data/given.txt', 'utf8'), written,
      colour: process.env.COLOUR, secret: process.env.LEAT_TEST_SECRET, first: readFileSync('/proc/1/cmdline', 'utf8').slice(0, 7),
      networks: readFileSync('/proc/net/dev', 'utf8').split('\\n').length, mine: process.getuid?.(),
    };
    this.next(this.end);
  }
  @step end() {}
}`,
    );
    await leat.ok(['run', 'flow.ts'], { LEAT_TEST_SECRET: 'hidden' });
    const { facts } = (await leat.artifacts('PlaceFlow/1')).get('look') as { readonly facts: object };
    expect(facts).toEqual({
      shared: 24 * 1024,
      scratch: 8 * 1024,
      given: 'given',
      written: 'EROFS',
      colour: 'blue',
      secret: undefined,
      first: '/bin/sh',
      networks: 4,
      mine: process.getuid?.(),
    });
  });

  it('needs no Node of its own: a step calls what its image has, and keeps the answer', async () => {
    leat.write(
      'flow.ts',
      `${header}
export default class ToolFlow extends Flow {
  declare product: number;
  @step start() { this.next(this.end); }
  @step end() { this.product = Number(execFileSync('python3', ['-c', 'print(6*7)'], { encoding: 'utf8' })); }
}`,
    );
    await run('--with', 'container:network=none');
    expect((await leat.artifacts('ToolFlow/1')).get('end')).toEqual({ product: 42 });
  });

  it('runs as whoever runs Leat unless told otherwise', async () => {
    leat.write('flow.ts', userFlow(''));
    await run('--with', 'container:network=none');
    const { uid } = statSync(path.join(leat.folder, '.leat'));
    expect((await leat.artifacts('UserFlow/1')).get('end')?.['mine']).toBe(uid);
  });

  it('runs as another user when told, and its results can be read all the same', async () => {
    const open = new Leat(engine.environment, ['/bin/sh', '-c', 'umask 002 && exec "$@"', 'sh']);
    try {
      open.write('flow.ts', userFlow(`@container({ user: '1234:${process.getgid?.()}', network: 'none' })`));
      const { stderr } = await open.ok(['run', 'flow.ts']);
      expect(stderr).not.toContain('may not write');
      expect((await open.artifacts('UserFlow/1')).get('end')?.['mine']).toBe(1234);
    } finally {
      open.dispose();
    }
  });

  it('is told before it runs that its user may not write results into the datastore', async () => {
    leat.write('flow.ts', userFlow("@container({ user: '1234', network: 'none' })"));
    const { stderr } = await leat.ok(['check', 'flow.ts']);
    expect(stderr).toContain("step 'end' runs as user '1234', who may not write its results");
  });

  it('has the cores that it was given, enforced by its control group', async () => {
    leat.write(
      'flow.ts',
      `${header}
export default class CoresFlow extends Flow {
  declare cores: number;
  @step start() { this.next(this.end); }
  @container({ network: 'none', cpu: 0.5 }) @step end() {
    const [quota = '', period = group('', '/sys/fs/cgroup/cpu/cpu.cfs_period_us')] =
      group('/sys/fs/cgroup/cpu.max', '/sys/fs/cgroup/cpu/cpu.cfs_quota_us').split(' ');
    this.cores = Number(quota) / Number(period);
  }
}`,
    );
    await run();
    expect((await leat.artifacts('CoresFlow/1')).get('end')?.['cores']).toBe(0.5);
  });

  it('one container takes a chunk of tasks, each with its own log', async () => {
    leat.write(
      'flow.ts',
      `${header}
export default class ChunkFlow extends Flow {
  declare host: string;
  @step start() { this.next(this.fan, { foreach: [...Array(30).keys()] }); }
  @step({ isolation: 'reuse', chunk: 10 }) fan(item: number) {
    this.host = readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
    console.log('item ' + item);
    this.next(this.join);
  }
  @step join(inputs: Inputs<ChunkFlow>) { this.host = String(new Set(inputs.map((one) => one.host)).size); this.next(this.end); }
  @step end() {}
}`,
    );
    await run('--with', 'container:network=none');
    expect((await leat.artifacts('ChunkFlow/1')).get('join')?.['host']).toBe('3');
    const lines = await leat.json<{ text: string }[]>('logs', 'ChunkFlow/1/fan[17]');
    expect(lines.map(({ text }) => text)).toEqual(['item 17']);
  });
});
