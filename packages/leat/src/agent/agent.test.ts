import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentFixture, type StartedAgent } from './agent.fixture.ts';
import { agentExits } from './agent-exit.ts';
import { messageOf } from './message.fixture.ts';
import { readEnd, readOutput } from './read-job.ts';
import type { TaskMessage } from '../plan/task-message.ts';

let agents: AgentFixture;
let token: string;
beforeAll(async () => {
  agents = await AgentFixture.make();
}, 60_000);
afterAll(async () => agents.remove());
beforeEach(() => {
  token = randomBytes(16).toString('hex');
});

/** A job whose task does this. */
const doing = (code: string, part: Partial<TaskMessage['spec']> = {}): TaskMessage =>
  messageOf({ token, ...part }, { environment: { CODE: code } });

async function outputOf(stream?: 'stdout' | 'stderr', isOver = true): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of readOutput(agents.store, token, { isOver: () => isOver, lookMs: 20 }))
    if (stream === undefined || chunk.stream === stream) parts.push(chunk.bytes);
  return Buffer.concat(parts).toString();
}

/** Runs a job to its end. */
async function run(message: TaskMessage, ...given: Parameters<AgentFixture['start']>): Promise<StartedAgent> {
  await agents.write(message);
  const agent = agents.start(...given);
  await agent.ended;
  return agent;
}

const shows = async (agent: StartedAgent, text: string): Promise<void> =>
  vi.waitFor(() => expect(agent.shown.stdout).toContain(text), 20_000);

describe('an agent', { timeout: 60_000 }, () => {
  it('runs its task, and leaves one object of one that prints little', async () => {
    await agents.write(
      messageOf({ token: 'another' }),
      doing(`console.log('hällo'); console.error(process.env.LEAT_TOOLS ?? 'no links')`),
    );
    const agent = agents.start(
      { index: 'INDEX', tryVariable: 'TRY', tools: { url: 'https://secret', sha256: '' } },
      { env: { INDEX: '1', TRY: '1' } },
    );
    expect(await agent.ended).toEqual({ code: 0, signal: null });
    expect(agent.shown).toEqual({ stdout: 'hällo\n', stderr: 'no links\n' });
    expect(await agents.keys()).toEqual([`jobs/${token}/end`]);
    expect(await outputOf('stdout')).toBe('hällo\n');
    expect(await outputOf('stderr')).toBe('no links\n');
    const end = await readEnd(agents.store, token);
    expect(end).toMatchObject({ try: '1', status: { state: 'succeeded' }, printed: { pieces: 0, lost: 0 } });
    expect(end?.status.endedAt).toBeGreaterThan(Number(end?.status.startedAt));
  });

  it.each([
    ['an exit code', 'process.exit(7)', 7, { reason: 'exit', exitCode: 7 }],
    ['a signal', `process.kill(process.pid, 'SIGSEGV')`, 139, { reason: 'exit', signal: 'SIGSEGV' }],
    [
      'a full heap',
      'const all = []; for (;;) all.push(new Array(1e5).fill({}))',
      134,
      { reason: 'out-of-memory' },
    ],
  ])('reports %s', async (_, code, exitCode, status) => {
    const agent = await run(
      messageOf(
        { token },
        { environment: { CODE: code }, resources: { cpu: 1, memory: 64, gpu: 0, disk: 0 } },
      ),
    );
    expect(agent.process.exitCode).toBe(exitCode);
    expect((await readEnd(agents.store, token))?.status).toMatchObject({ state: 'failed', ...status });
  });

  it('keeps 5,000 lines of both streams complete and in order', async () => {
    await run(doing(`for (let i = 0; i < 5000; i++) { console.log('out ' + i); console.error('err ' + i) }`));
    const lines = (word: string): string =>
      Array.from({ length: 5000 }, (_, at) => `${word} ${at}\n`).join('');
    expect(await outputOf('stdout')).toBe(lines('out'));
    expect(await outputOf('stderr')).toBe(lines('err'));
  });

  it('keeps characters that are cut anywhere', async () => {
    const text = 'añ漢😀\u{1F469}\u200D\u{1F680}';
    await run(
      doing(`const { writeSync } = require('node:fs'); const text = Buffer.from(${JSON.stringify(text)});
        const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3);
        for (let at = 0; at < text.length; at++) { writeSync(1, text, at, 1); wait(); writeSync(2, text, at, 1); }`),
    );
    expect(await outputOf('stdout')).toBe(text);
    expect(await outputOf('stderr')).toBe(text);
  });

  it('ends a task that has used up its time, with all that it has started', async () => {
    const code = `
      require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit' });
      console.log('begun'); process.on('SIGTERM', () => console.log('asked')); setInterval(() => {}, 1000)`;
    const agent = await run(doing(code, { timeoutSeconds: 1 }));
    expect(agent.process.exitCode).toBe(137);
    expect((await readEnd(agents.store, token))?.status).toMatchObject({
      reason: 'timeout',
      message: 'the task ran longer than its limit of 1 s',
    });
    expect(await outputOf()).toBe('begun\nasked\n');
  });

  it('passes a stop on, waits for the task, and says that it was stopped', async () => {
    await agents.write(
      doing(
        `console.log('begun'); process.on('SIGTERM', () => { console.log('bye'); process.exit(5) }); setInterval(() => {}, 1000)`,
      ),
    );
    const agent = agents.start();
    await shows(agent, 'begun');
    agent.process.kill('SIGTERM');
    expect(await agent.ended).toEqual({ code: 5, signal: null });
    expect(await outputOf()).toBe('begun\nbye\n');
    const end = await readEnd(agents.store, token);
    expect(end).toMatchObject({
      status: { state: 'failed', reason: 'interrupted', exitCode: 5 },
      stopped: { signal: 'SIGTERM', at: expect.any(Number) },
    });
  });

  it('ends by force a task that does not want to stop', async () => {
    await agents.write(
      doing(`process.on('SIGTERM', () => {}); console.log('begun'); setInterval(() => {}, 1000)`),
    );
    const agent = agents.start({ stopSeconds: 1 });
    await shows(agent, 'begun');
    agent.process.kill('SIGTERM');
    expect(await agent.ended).toEqual({ code: 137, signal: null });
    expect((await readEnd(agents.store, token))?.status).toMatchObject({
      reason: 'interrupted',
      signal: 'SIGKILL',
    });
  });

  it('is a task that has succeeded when it ends well after a stop', async () => {
    await agents.write(
      doing(
        `console.log('begun'); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)`,
      ),
    );
    const agent = agents.start();
    await shows(agent, 'begun');
    agent.process.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
    expect(await readEnd(agents.store, token)).toMatchObject({ status: { state: 'succeeded' }, stopped: {} });
  });

  it('tells the members of a chunk apart, and which began last', async () => {
    const mark = 'mark-17';
    const members = [{}, { task: 'score[1]' }, { task: 'score[2]' }];
    const code = `for (const stream of [process.stdout, process.stderr]) stream.write(message.chunk.mark + ' 0\\n');
      process.stdout.write('one'); process.stderr.write('oops');
      for (const stream of [process.stdout, process.stderr]) stream.write(message.chunk.mark + ' 1\\n');
      process.stdout.write('two'); process.exitCode = 3`;
    await run({ ...doing(code), chunk: { pack: 'p', members, mark } });
    const told: string[] = [];
    for await (const { stream, member, bytes } of readOutput(agents.store, token))
      told.push(`${member} ${stream} ${Buffer.from(bytes).toString()}`);
    expect(told.toSorted()).toEqual(['0 stderr oops', '0 stdout one', '1 stdout two']);
    expect((await readEnd(agents.store, token))?.status).toMatchObject({
      reason: 'exit',
      exitCode: 3,
      member: 1,
    });
  });

  it('is read while it runs, and as far as it has stored when it is killed at any moment', async () => {
    await agents.write(doing(`let n = 0; setInterval(() => console.log('line ' + n++), 5)`));
    const agent = agents.start();
    let over = false;
    let seen = '';
    let killedAt = '';
    for await (const { bytes } of readOutput(agents.store, token, { isOver: () => over, lookMs: 50 })) {
      seen += Buffer.from(bytes).toString();
      if (killedAt !== '' || seen.length < 2000) continue;
      killedAt = seen;
      agent.process.kill('SIGKILL');
      await agent.ended;
      over = true;
    }
    expect(await readEnd(agents.store, token)).toBeUndefined();
    expect(seen.startsWith(killedAt)).toBe(true);
    expect(seen).toBe(
      seen
        .split('\n')
        .map((_, at, all) => (at === all.length - 1 ? '' : `line ${at}\n`))
        .join(''),
    );
    expect(await outputOf()).toBe(seen);
  });

  it('does not wait for what the task leaves behind', async () => {
    const agent = await run(
      doing(
        `require('node:child_process').spawn('sleep', ['600'], { stdio: 'inherit', detached: true }).unref(); console.log('done')`,
      ),
    );
    expect(agent.process.exitCode).toBe(0);
    expect(await outputOf()).toBe('done\n');
  });

  it('says what is wrong when it has no work', async () => {
    await agents.write(doing(''));
    const agent = agents.start({ index: 5 });
    expect((await agent.ended).code).toBe(agentExits.workUnreadable);
    expect(agent.shown.stderr).toContain('has no number 5: it holds 1');
    const other = agents.start({ datastore: 'gopher://nowhere' });
    expect((await other.ended).code).toBe(agentExits.workUnreadable);
    expect(await agents.keys()).toEqual(expect.not.arrayContaining([`jobs/${token}/end`]));
  });
});
