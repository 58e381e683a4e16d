/** What is special about tasks in containers, seen from the command line. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Leat } from '../cli/leat.ts';
import { openEngine, type TestEngine } from './test-engine.ts';

let engine: TestEngine;
let leat: Leat;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(async () => engine.close());
beforeEach(() => {
  leat = new Leat(engine.environment);
});
afterEach(async () => {
  leat.dispose();
  expect(await engine.list('leat.engine'), 'no container is left').toEqual([]);
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
});

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

  it('runs as another user when told, and its results can be read all the same', async () => {
    leat.write(
      'flow.ts',
      `${header}
export default class UserFlow extends Flow {
  declare mine: number | undefined;
  @step start() { this.next(this.end); }
  @step end() { this.mine = process.getuid?.(); }
}`,
    );
    await run('--with', 'container:network=none');
    const { uid } = statSync(path.join(leat.folder, '.leat'));
    expect((await leat.artifacts('UserFlow/1')).get('end')?.['mine']).toBe(uid);
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
