// A job whose memory runs out: the kernel ends its task, and its agent, which is in the same control group, says so.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { conformanceRequest } from '@leat/testing';
import { readEnd } from 'leat/agent';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Agents } from './agents.ts';

const isSecond = existsSync('/sys/fs/cgroup/cgroup.controllers');
const group = path.join(isSecond ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory', `leat-agent-${randomUUID()}`);
const folder = mkdtempSync(path.join(tmpdir(), 'leat-agent-oom-'));
let agents: Agents;

beforeAll(async () => {
  mkdirSync(group);
  const limit = String(160 * 1024 * 1024);
  writeFileSync(path.join(group, isSecond ? 'memory.max' : 'memory.limit_in_bytes'), limit);
  if (isSecond) writeFileSync(path.join(group, 'memory.swap.max'), '0');
  agents = await Agents.make(pathToFileURL(folder).href);
});
afterAll(async () => {
  await agents.remove();
  rmSync(folder, { recursive: true });
  rmdirSync(group);
});

const inGroup = ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', path.join(group, 'cgroup.procs')];

it('is told by the agent', async () => {
  agents.replaceRunner(`
    const all = [];
    setInterval(() => all.push(Buffer.alloc(4e6, 1)), 1);
    console.log('begun');
  `);
  const request = conformanceRequest('succeed');
  const agent = await agents.start([request], 0, inGroup);
  expect(await agent.ended).toBe(137);
  expect((await readEnd(agents.store, request.token))?.status).toMatchObject({
    state: 'failed',
    reason: 'out-of-memory',
    message: 'the task ran out of memory: the kernel killed it (SIGKILL)',
  });
});
