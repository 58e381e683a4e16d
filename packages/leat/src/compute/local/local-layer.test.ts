import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { asChunk, type Behaviour, conformanceContext, conformanceRequest } from '@leat/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobStatus } from '../compute-layer.ts';
import { Places } from '../machine/places.ts';
import { LocalLayer } from './local-layer.ts';
import { buildRunner } from './runner.fixture.ts';

let folder = '';
let runner = '';
let layer: LocalLayer | undefined;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-local-'));
  runner = await buildRunner(folder);
});

afterEach(async () => {
  await layer?.close();
  layer = undefined;
});

afterAll(() => rmSync(folder, { recursive: true }));

const open = async (): Promise<LocalLayer> => {
  layer = await LocalLayer.open(conformanceContext(folder, runner));
  return layer;
};

/** Process ids of everything that runs our runner, and is not merely waiting to be collected by its parent. */
function runners(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandOf(name).includes(runner))
    .map(Number);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('it never came to hold');
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

async function endOf(opened: LocalLayer, job: string): Promise<JobStatus> {
  for (;;) {
    const status = (await opened.poll([job], { waitMs: 10_000, signal: AbortSignal.timeout(30_000) })).get(
      job,
    );
    if (status === undefined || status.state === 'succeeded' || status.state === 'failed')
      return status as JobStatus;
  }
}

/** The process of a task that prints it. */
async function printedPid(opened: LocalLayer, job: string): Promise<number | undefined> {
  let text = '';
  for await (const { bytes } of opened.logs(job)) {
    text += Buffer.from(bytes).toString('utf8');
    const pid = /pid (\d+)\n/.exec(text)?.[1];
    if (pid !== undefined) return Number(pid);
  }
  return undefined;
}

describe('when the engine dies', () => {
  it('its tasks die with it, however it dies and whatever they do', { timeout: 60_000 }, async () => {
    const work = {
      context: conformanceContext(folder, runner),
      requests: [conformanceRequest('spin'), conformanceRequest('resist')],
    };
    const engine = spawn(
      process.execPath,
      [path.join(import.meta.dirname, 'engine.fixture.ts'), JSON.stringify(work)],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LEAT_LOCAL_CPU: '2' } },
    );
    let told = 0;
    for await (const line of createInterface({ input: engine.stdout })) {
      if (line.startsWith('pid')) told += 1;
      if (told === 2) break;
    }
    // Two tasks, and standby processes that wait for theirs.
    expect(runners().length).toBeGreaterThanOrEqual(2);
    engine.kill('SIGKILL');
    await until(() => runners().length === 0);
  });
});

describe('the local layer', () => {
  it(
    'starts processes ahead of need, uses each for one task, and ends them when none is to come',
    { timeout: 30_000 },
    async () => {
      const context = conformanceContext(folder, runner);
      const opened = await LocalLayer.open({
        ...context,
        places: new Places({ cpu: 1, memory: 8_000, gpus: [] }),
      });
      layer = opened;
      const submit = async (behaviour: Behaviour): Promise<string> =>
        (await opened.submit([conformanceRequest(behaviour)]))[0]?.token ?? '';

      // One core: one process waits at a time.
      opened.expect(100);
      const [first = 0, ...others] = runners();
      expect(first).toBeGreaterThan(0);
      expect(others).toEqual([]);
      const succeeding = await submit('succeed');
      expect(await endOf(opened, succeeding)).toMatchObject({ state: 'succeeded' });
      // It has served its task: another one waits for the next.
      await until(() => !runners().includes(first) && runners().length === 1);
      const [second] = runners();
      expect(await printedPid(opened, await submit('hang'))).toBe(second);

      opened.expect(0);
      await until(() => runners().length === 1);
      expect(runners()).toEqual([second]);
    },
  );

  it('has a process ready for a chunk as for a task, and one process works through it', async () => {
    const opened = await open();
    opened.expect(100);
    const ahead = runners();
    const [job = ''] = (await opened.submit([asChunk(conformanceRequest('tarry'), 3)])).map(
      ({ token }) => token,
    );
    opened.expect(0);
    await until(() => runners().length === 1);
    expect(ahead).toContain(runners()[0]);
    await opened.cancel([job], { graceSeconds: 0 });
    expect(await endOf(opened, job)).toMatchObject({ reason: 'cancelled' });
  });

  it('begins no member of a chunk after it was asked to end', async () => {
    const opened = await open();
    const [job = ''] = (await opened.submit([asChunk(conformanceRequest('yield'), 3)])).map(
      ({ token }) => token,
    );
    const begun = new Set<number | undefined>();
    for await (const { bytes, member } of opened.logs(job)) {
      begun.add(member);
      if (Buffer.from(bytes).includes('waiting')) await opened.cancel([job], { graceSeconds: 60 });
    }
    expect(await endOf(opened, job)).toMatchObject({ reason: 'cancelled', signal: 'SIGKILL' });
    expect(begun.has(2)).toBe(false);
  });

  it('cancels what still waits without starting it', async () => {
    const opened = await open();
    const { resources } = conformanceRequest('hang');
    const whole = { ...resources, cpu: { value: 1000, origin: '@resources' } as const };
    const [first, second] = await opened.submit([
      conformanceRequest('hang', { resources: whole }),
      conformanceRequest('succeed', { resources: whole }),
    ]);
    expect((await opened.diagnose(second?.token ?? '')).cause).toContain(
      'it asks for more than this machine has',
    );
    await opened.cancel([second?.token ?? ''], { graceSeconds: 60 });
    expect(await endOf(opened, second?.token ?? '')).toMatchObject({
      reason: 'cancelled',
      message: 'the task was cancelled before it started',
    });
    await opened.cancel([first?.token ?? ''], { graceSeconds: 0 });
    expect(await endOf(opened, first?.token ?? '')).toMatchObject({ reason: 'cancelled', signal: 'SIGKILL' });
  });

  it('warns of a step that is larger than the machine, and lets it through', async () => {
    const opened = await open();
    const { resources, options } = conformanceRequest('succeed');
    const large = { ...resources, cpu: { value: 1000, origin: '@resources' } as const };
    expect(await opened.check([{ step: 'fit', resources: large, options }])).toEqual([
      expect.objectContaining({
        step: 'fit',
        level: 'warning',
        message: expect.stringContaining("step 'fit' asks for 1000 cores of"),
      }),
    ]);
  });

  it('reports a runner that is not there as a failed process', async () => {
    layer = await LocalLayer.open({ ...conformanceContext(folder, path.join(folder, 'none.mjs')) });
    const [result] = await layer.submit([conformanceRequest('succeed')]);
    expect(await endOf(layer, result?.token ?? '')).toMatchObject({ reason: 'exit', exitCode: 1 });
  });

  it('removes compiled code that is old', async () => {
    vi.stubEnv('XDG_CACHE_HOME', folder);
    vi.stubEnv('NODE_COMPILE_CACHE', undefined);
    const old = path.join(folder, 'leat', 'compile', 'task-of-a-version-that-is-gone');
    mkdirSync(path.dirname(old), { recursive: true });
    writeFileSync(old, '');
    utimesSync(old, 1, 1);
    await open();
    await until(() => !existsSync(old));
    vi.unstubAllEnvs();
  });

  it('takes nothing more once it is closed, and may be closed twice', async () => {
    const opened = await open();
    await opened.close();
    await expect(opened.submit([conformanceRequest('succeed')])).rejects.toMatchObject({
      code: 'LAYER_FAILED',
    });
  });
});
