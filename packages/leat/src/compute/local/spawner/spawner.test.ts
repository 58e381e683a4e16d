import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { WaitingProcess } from '../api.ts';
import { plainLaunch } from '../job-spec.ts';
import { buildRunner } from '../runner.fixture.ts';
import { Spawner } from './spawner.ts';

let folder: string;
let server: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-spawner-test-'));
  server = path.join(path.dirname(await buildRunner(folder)), 'spawner.cjs');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program for a task: reads its line from descriptor 3 first, as the runner does. */
function program(name: string, body: string): string {
  const file = path.join(folder, `${name}.cjs`);
  writeFileSync(file, `const line = require('fs').readFileSync(3, 'utf8').trim();\n${body}`);
  return file;
}

async function openReady(slots: number): Promise<Spawner> {
  const spawner = await Spawner.open({ server, environment: process.env, slots });
  await spawner.ready;
  return spawner;
}

async function textOf(stream: WaitingProcess['stdout']): Promise<string> {
  let text = '';
  for await (const bytes of stream) text += String(bytes);
  return text;
}

async function run(spawner: Spawner, file: string, line: string) {
  const pids: number[] = [];
  const started = spawner.start([file], plainLaunch, (pid) => pids.push(pid));
  if (started === undefined) throw new Error('no slot');
  started.send(line);
  const [stdout, stderr, exit] = await Promise.all([
    textOf(started.stdout),
    textOf(started.stderr),
    started.exited,
  ]);
  return { stdout, stderr, exit, pids };
}

describe('the spawn server', () => {
  it('starts a process that gets its line, and brings back both streams and the exit code', async () => {
    const spawner = await openReady(3);
    const file = program(
      'talks',
      "require('fs').writeFileSync(1, 'out ' + line); require('fs').writeFileSync(2, 'err'); process.exit(7);",
    );
    const long = 'x'.repeat(200_000);
    for (const line of ['hello', 'again', long]) {
      const { stdout, stderr, exit, pids } = await run(spawner, file, line);
      expect(stdout === `out ${line}`).toBe(true);
      expect([stderr, exit]).toEqual(['err', { code: 7 }]);
      expect(pids).toHaveLength(1);
    }
    await spawner.close();
  });

  it('tells a process what it will probably do, and who has started it', async () => {
    const spawner = await openReady(1);
    const told = '`${process.env.LEAT_LIKELY_WORK} ${process.env.LEAT_PARENT === String(process.ppid)}`';
    const file = program('likely', `process.stdout.write(${told});`);
    const work = { kind: 'item-linear', step: 'train' };
    const started = spawner.start([file], { ...plainLaunch, work }, () => undefined);
    started?.send('');
    expect(started && (await textOf(started.stdout))).toBe('item-linear/train true');
    await started?.exited;
    await spawner.close();
  });

  it('gives each process a group of its own, and takes signals also before it has started', async () => {
    const spawner = await openReady(1);
    const file = program('waits', 'setInterval(() => undefined, 1000);');
    const started = spawner.start([file], plainLaunch, () => undefined);
    started?.signal('SIGKILL');
    expect(await started?.exited).toEqual({ signal: 'SIGKILL' });
    expect(started?.gone()).toBe(true);
    await spawner.close();
  });

  it('is not held up by one that was given up before it was started', async () => {
    const spawner = await openReady(2);
    const file = program('waits', 'setInterval(() => undefined, 1000);');
    const given = spawner.start([file], plainLaunch, () => undefined);
    given?.signal('SIGKILL');
    given?.stdout.destroy();
    given?.stderr.destroy();
    await given?.exited;
    const next = program('next', 'console.log(line);');
    expect(await run(spawner, next, 'x')).toMatchObject({ stdout: 'x\n', exit: { code: 0 } });
    await spawner.close();
  });

  it('takes as many at once as it has slots, and uses a slot again when its output was read to the end', async () => {
    const spawner = await openReady(2);
    const file = program('quick', 'console.log(line);');
    const start = (): WaitingProcess | undefined => spawner.start([file], plainLaunch, () => undefined);
    const both = [start(), start()];
    expect(start()).toBeUndefined();
    for (const each of both) each?.send('x');
    await Promise.all(both.map(async (each) => each?.exited));
    // Nobody has read what they print.
    expect(start()).toBeUndefined();
    expect(await Promise.all(both.map(async (each) => each && textOf(each.stdout)))).toEqual(['x\n', 'x\n']);
    for (const each of both) each?.stderr.resume();
    const again = await vi.waitUntil(start);
    again.signal('SIGKILL');
    await again.exited;
    await spawner.close();
  });

  it('ends what a process has started when that ends', async () => {
    const spawner = await openReady(1);
    const start = "spawn('sleep', ['3600'], { stdio: 'ignore' })";
    const file = program(
      'parent',
      `process.stdout.write(String(require('node:child_process').${start}.pid)); process.exit(0);`,
    );
    const { stdout } = await run(spawner, file, 'x');
    expect(Number(stdout)).toBeGreaterThan(0);
    await expect.poll(() => isAlive(Number(stdout))).toBe(false);
    await spawner.close();
  });

  it('tells of what cannot be started', async () => {
    const spawner = await openReady(1);
    const started = spawner.start([], { ...plainLaunch, environment: { 'A\0B': '' } }, () => undefined);
    expect((await started?.exited)?.error?.message).toContain('null bytes');
    await spawner.close();
  });

  it('says that its processes are lost when it is killed, and takes no more', async () => {
    const spawner = await openReady(2);
    const file = program('long', 'setInterval(() => undefined, 1000);');
    const group = await new Promise<number>((resolve) => {
      const started = spawner.start([file], plainLaunch, resolve);
      void started?.exited.then((facts) => expect(facts.lost).toContain('ended by something outside Leat'));
      started?.send('x');
    });
    const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-p', String(group)], { encoding: 'utf8' });
    process.kill(Number(stdout), 'SIGKILL');
    await expect.poll(() => isAlive(group)).toBe(false);
    expect(spawner.start([file], plainLaunch, () => undefined)).toBeUndefined();
    await spawner.close();
  });

  it('ends with its engine, ends its processes, and leaves no pipes', async () => {
    const pipes = mkdtempSync(path.join(tmpdir(), 'leat-'));
    const engine = path.join(folder, 'engine.cjs');
    writeFileSync(engine, engineText);
    const task = program('stays', 'setInterval(() => undefined, 1000);');
    const { stdout, signal } = spawnSync(process.execPath, [engine, server, pipes, task], {
      encoding: 'utf8',
    });
    expect(signal).toBe('SIGKILL');
    await expect.poll(() => isAlive(Number(stdout)), { timeout: 20_000 }).toBe(false);
    await expect.poll(() => existsSync(pipes), { timeout: 20_000 }).toBe(false);
  });
});

/** An engine that is killed once its task runs: the task waits for a line that never comes, from a pipe that others hold open. */
const engineText = `
  const [, , server, folder, task] = process.argv;
  const { spawn } = require('child_process');
  const fs = require('fs');
  const child = spawn(process.execPath, [server, folder, '1'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  child.stdout.on('data', (text) => {
    const report = JSON.parse(text);
    if (report.pid !== undefined) {
      fs.writeSync(1, String(report.pid));
      process.kill(process.pid, 'SIGKILL');
    }
    if (!report.ready) return;
    for (const end of ['out', 'err']) fs.openSync(folder + '/0.' + end, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    fs.writeSync(fs.openSync(folder + '/0.in', 'r+'), 'go');
    child.stdin.write(JSON.stringify({ id: 1, slot: folder + '/0', args: [task], environment: {} }) + '\\n');
  });
`;

/** One that has ended and that nobody has asked for (a container may have no process that does) counts as gone. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
