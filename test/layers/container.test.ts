/** What is special about tasks in containers, seen from the command line. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatInContainers } from './leat-in-containers.ts';
import type { TestEngine } from './test-engine.ts';

let engine: TestEngine;
let leat: Leat;
leatInContainers((ownLeat, itsEngine) => {
  leat = ownLeat;
  engine = itsEngine;
});

const placeOf = "existsSync('/leat/task') ? 'container' : 'local'";
const header = `
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { catchError, container, current, Flow, local, resources, retry, step, timeout, type Failure, type Inputs } from 'leat';
void [catchError, container, current, execFileSync, existsSync, readFileSync, local, resources, retry, timeout, writeFileSync];
const group = (v2: string, v1: string) => readFileSync(existsSync(v2) ? v2 : v1, 'utf8').trim();
`;
const run = (...more: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  leat.ok(['run', 'flow.ts', ...more]);

describe('where tasks run', () => {
  const mixed = `${header}
export default class MixedFlow extends Flow {
  declare place: string; declare memory: string; declare places: string[]; declare seen: number;
  @step start() { this.place = ${placeOf}; this.next(this.fan, { foreach: [1, 2] }); }
  @container({ memory: 300, network: 'none' }) @resources({ memory: 100, cpu: 0.5 })
  @step fan(item: number) {
    this.place = ${placeOf};
    this.memory = group('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes');
    this.seen = item * 10;
    this.next(this.join);
  }
  @local @step join(inputs: Inputs<MixedFlow>) {
    this.places = inputs.map((one) => one.place + one.memory + one.seen);
    this.place = ${placeOf};
    this.next(this.end);
  }
  @resources({ memory: 128 }) @step end() {
    this.place = ${placeOf};
    this.memory = this.place === 'local' ? '' : group('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes');
  }
}`;

  it('steps of one flow run here and in containers; what @container says wins over @resources', async () => {
    leat.write('flow.ts', mixed);
    await run();
    const all = await leat.artifacts('MixedFlow/1');
    const bytes = 300 * 1024 * 1024;
    expect(all.get('start')?.['place']).toBe('local');
    expect(all.get('join')?.['places']).toEqual([`container${bytes}10`, `container${bytes}20`]);
    expect(all.get('end')?.['place']).toBe('local');
  });

  it('--with container moves every step but those with @local, and its memory holds where no @container is', async () => {
    leat.write('flow.ts', mixed);
    await run('--with', 'container:memory=200,network=none');
    const all = await leat.artifacts('MixedFlow/1');
    expect(all.get('start')?.['place']).toBe('container');
    expect(all.get('fan[0]')?.['memory']).toBe(`${300 * 1024 * 1024}`);
    expect(all.get('join')?.['place']).toBe('local');
    expect(all.get('end')).toMatchObject({ place: 'container', memory: `${200 * 1024 * 1024}` });
  });

  it('tasks here and in containers share one budget: with one core they take turns', async () => {
    leat.write(
      'flow.ts',
      `${header}
export default class TurnsFlow extends Flow {
  declare place: string; declare began: number; declare ended: number; declare turns: [string, number, number][];
  @step start() { this.next(this.here, this.there); }
  async work() {
    this.place = ${placeOf};
    this.began = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    this.ended = Date.now();
  }
  @local @step async here() { await this.work(); this.next(this.join); }
  @container({ network: 'none' }) @step async there() { await this.work(); this.next(this.join); }
  @step join(inputs: Inputs<TurnsFlow>) {
    this.turns = inputs.map(({ place, began, ended }) => [place, began, ended]);
    this.next(this.end);
  }
  @step end() {}
}`,
    );
    await leat.ok(['run', 'flow.ts'], { LEAT_LOCAL_CPU: '1' });
    const { turns } = (await leat.artifacts('TurnsFlow/1')).get('join') as {
      readonly turns: readonly (readonly [place: string, began: number, ended: number])[];
    };
    expect(turns.map(([place]) => place).toSorted()).toEqual(['container', 'local']);
    const [first, second] = turns.toSorted(([, one], [, other]) => one - other);
    expect(second?.[1]).toBeGreaterThanOrEqual(first?.[2] ?? Infinity);
  });
});

describe('how tasks fail in containers', () => {
  const failing = (decorators: string, body: string): string => `${header}
export default class FailFlow extends Flow {
  declare failed?: Failure;
  @step start() { this.next(this.hard); }
  @catchError({ var: 'failed' }) ${decorators}
  @step async hard() { ${body} this.next(this.end); }
  @step end() {}
}`;

  const failureOf = async (): Promise<{ readonly reason: string; readonly message: string }> =>
    (await leat.artifacts('FailFlow/1')).get('hard')?.['failed'] as never;

  it('the memory that a step may have is enforced outside of the heap, too, and told as that', async () => {
    const fill = 'const all = []; for (;;) all.push(Buffer.alloc(16 * 1024 * 1024, 1));';
    leat.write('flow.ts', failing("@container({ memory: 160, network: 'none' })", fill));
    await run();
    expect(await failureOf()).toMatchObject({ reason: 'out-of-memory' });
  });

  it('an image without a C library for our Node says so, and is not tried again', async () => {
    const image = await engine.image('busybox');
    leat.write('flow.ts', failing(`@container({ image: '${image}', network: 'none' })`, ''));
    await run('--with', 'retry');
    const message: unknown = expect.stringContaining('cannot run the Node of this machine');
    expect(await failureOf()).toMatchObject({ reason: 'start-failed', message, attempts: 1 });
  });

  it('an image that can be nowhere is refused before anything runs, with the way on', async () => {
    leat.write('flow.ts', failing("@container({ image: 'localhost:1/None:1' })", ''));
    const { stderr, exitCode } = await leat.call(['run', 'flow.ts']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("the image 'localhost:1/None:1' is not on this machine and cannot be fetched");
    expect(stderr).toContain('LEAT_CONTAINER_IMAGE');
  });

  it('an image whose registry does not answer just now is told of, and refuses no run', async () => {
    leat.write('flow.ts', failing("@container({ image: 'localhost:1/none:1', network: 'none' })", ''));
    const { stderr } = await leat.ok(['check', 'flow.ts']);
    expect(stderr).toContain(
      "step 'hard': the image 'localhost:1/none:1' is not on this machine and cannot be fetched",
    );
  });

  it('devices that are not there are refused before anything runs', async () => {
    leat.write('flow.ts', failing('@container({ gpu: 2 })', ''));
    const { stderr, exitCode } = await leat.call(['run', 'flow.ts'], { LEAT_LOCAL_GPU: '1' });
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringContaining('asks for 2 GPUs, and this machine has 1'),
    ]);
  });

  it('an option that is none is refused with those that are', async () => {
    leat.write('flow.ts', failing('', ''));
    const { stderr, exitCode } = await leat.call(['check', 'flow.ts', '--with', 'container:imge=x']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/no option 'imge'[^]*image/);
  });
});

describe('when something dies', () => {
  const endless = `${header}
export default class EndlessFlow extends Flow {
  declare lines: number;
  @step start() { this.next(this.work, { foreach: [0, 1] }); }
  @step async work() {
    if (current.attempt === 0 && !existsSync('/leat/datastore/go')) {
      console.log('at work in ' + readFileSync('/proc/sys/kernel/hostname', 'utf8').trim());
      process.on('SIGTERM', () => undefined);
      await new Promise((resolve) => { const timer = setInterval(() => { if (existsSync('/leat/datastore/go')) { clearInterval(timer); resolve(undefined); } }, 50); });
    }
    for (let at = 0; at < 500; at += 1) console.log('line ' + at);
    this.next(this.join);
  }
  @step join(_: Inputs<EndlessFlow>) { this.next(this.end); }
  @step end() {}
}`;
  const atWork = async (): Promise<ReturnType<Leat['start']>> => {
    leat.write('flow.ts', endless);
    const started = leat.start(['run', 'flow.ts', '--with', 'container:network=none']);
    await started.stdoutHas('work[0]] at work');
    await started.stdoutHas('work[1]] at work');
    return started;
  };
  const go = (): void => writeFileSync(path.join(leat.folder, '.leat/store/go'), '');

  it('containers go with an engine that is killed, and recover ends the run', async () => {
    const started = await atWork();
    expect((await engine.list('leat.engine')).length).toBe(2);
    started.kill('SIGKILL');
    await started.done;
    await expect.poll(async () => engine.list('leat.engine'), { timeout: 60_000 }).toEqual([]);
    go();
    await leat.ok(['recover', 'EndlessFlow/1']);
    expect((await leat.tasks('EndlessFlow/1')).every(({ status }) => status === 'succeeded')).toBe(true);
  });

  it('Ctrl-C ends containers that do not listen, and the run', async () => {
    const started = await atWork();
    started.kill('SIGINT');
    await started.stdoutHas('once more');
    started.kill('SIGINT');
    expect((await started.done).exitCode).toBe(130);
    expect(await engine.list('leat.engine')).toEqual([]);
  });

  it("tasks outlive podman's service, and nothing of what they print is lost", async () => {
    const started = await atWork();
    for (const pid of await engine.services(started.pid)) process.kill(pid, 'SIGKILL');
    go();
    const { exitCode, stderr } = await started.done;
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
    const lines = await leat.json<{ text: string }[]>('logs', 'EndlessFlow/1/work[1]');
    expect(lines.slice(1).map(({ text }) => text)).toEqual(
      Array.from({ length: 500 }, (_, at) => `line ${at}`),
    );
  });
});
